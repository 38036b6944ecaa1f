import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPkgbuild } from "../../tools/pkgbuild/recipe.ts";
import {
  readingOfBash,
  type SecondReading,
  textForBash,
} from "../../tools/pkgbuild/second-reading/second-reading.ts";

/** Second readings by bash, each made when it's asked for; the texts are the tests' own, so no sandbox is needed. */
export class ReadByBash extends Map<string, SecondReading> {
  override get(text: string): SecondReading | undefined {
    const known = super.get(text);
    const reading = known ? undefined : readPkgbuild(text);
    if (!reading?.ok) return known;
    const script = join(tmpdir(), `read-by-bash-${process.pid}`);
    const mark = "mark-of-the-tests";
    writeFileSync(script, textForBash(reading.recipe, mark));
    const { stdout } = spawnSync("bash", ["--pretty-print", "-O", "extglob", script], {
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const found = readingOfBash(reading.recipe, mark, stdout, { by: "bash", compared: new Map() })
      ?.reading ?? {
      by: "bash",
      commands: undefined,
    };
    this.set(text, found);
    return found;
  }
}
