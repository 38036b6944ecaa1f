import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";

interface Example {
  readonly command: string;
  readonly output: string;
}

/** Commands and their output in the blocks marked `console`: `$ command`, then what it printed. */
function examplesOf(page: string): readonly Example[] {
  return [...readFileSync(page, "utf8").matchAll(/^```console\n(.*?)^```$/gms)]
    .flatMap(([, block]) => block!.split(/^\$ /m).slice(1))
    .map((session) => {
      const [command, ...output] = session.trimEnd().split("\n");
      return { command: command!, output: output.join("\n") };
    });
}

describe.each(["README.md", "docs/contributor.md", "docs/reviewer.md", "docs/updates.md"])(
  "the examples of %s, one after the other, on a copy of this repository's packages",
  (page) => {
    const examples = examplesOf(page);
    const base = mkdtempSync(join(tmpdir(), "sluice-readme-"));
    const clone = join(base, "clone");
    const run = (command: string): string =>
      execFileSync("bash", ["--norc", "-c", `(${command}) 2>&1`], {
        cwd: clone,
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C", PATH: `${join(base, "bin")}:${process.env["PATH"]}` },
      });

    beforeAll(() => {
      mkdirSync(join(base, "bin"));
      const main = join(process.cwd(), "dist/cli/main.js");
      writeFileSync(join(base, "bin/sluice"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
      chmodSync(join(base, "bin/sluice"), 0o755);
      for (const path of ["packages", ".ci/config", ".gitignore"]) {
        cpSync(path, join(clone, path), { recursive: true });
      }
      run("git init -q -b main && git add -A && git commit -q -m start && git tag scheduled");
    });
    afterAll(() => rmSync(base, { recursive: true }));

    test("there are some", () => {
      expect(examples.filter(({ command }) => command.startsWith("sluice ")).length).toBeGreaterThan(2);
    });

    test.for(examples)("$ $command", ({ command, output }, { skip }) => {
      skip(command.startsWith("sluice build") && cannotBuild !== "", cannotBuild);
      expect(lasting(run(`${command} || true`).trimEnd())).toBe(lasting(output));
    });
  },
);

/** Without what depends on the day: abbreviated commit ids, and how long something took. */
function lasting(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{10}\b/g, "<commit>").replaceAll(/\(\d+\.\d s\)/g, "(<time>)");
}
