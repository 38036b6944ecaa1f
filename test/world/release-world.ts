import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReleaseRecord } from "../../tools/release/record/record.ts";
import { GitServer } from "./git-server.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** A program with the shape of Garage's: checks, a static binary for each target, tests of it. */
export const source = {
  "main.c": `#include <stdio.h>
int main(void) { printf("garage %s for %s\\n", VERSION, TARGET); return 0; }
`,
  "CHANGELOG.md":
    "# Changelog\n\n## v1.2.0\n\n- What is new in 1.2.\n\n## v1.1.0\n\n- What was new in 1.1.\n",
};

export const scripts = {
  "fmt.sh": `! grep -n "$(printf '\\t')" main.c\n`,
  "unit.sh": "gcc -Wall -Werror -DVERSION='\"x\"' -DTARGET='\"y\"' -fsyntax-only main.c\n",
  "build.sh":
    'mkdir -p result/bin\n"${TARGET_CC:-gcc}" -static -O1 -DVERSION="\\"$REF\\"" -DTARGET="\\"$TARGET\\"" -o result/bin/garage main.c\n',
  "not-dynamic.sh": '! grep -aq /lib/ld- "$ARTIFACTS/bin/garage"\n',
  "smoke.sh": '${TARGET_QEMU:-} "$ARTIFACTS/bin/garage" | grep -Fx "garage $REF for $TARGET"\n',
};

/** A workspace with a project, the project's repository, and a folder that is published to. */
export class ReleaseWorld {
  readonly server = new GitServer();
  readonly w = new ScratchWorkspace();
  readonly www = mkdtempSync(join(tmpdir(), "sluice-www-"));

  async start(): Promise<void> {
    await this.server.start();
  }

  async close(): Promise<void> {
    await this.server.stop();
    this.w.remove();
    rmSync(this.www, { recursive: true, force: true });
  }

  /** @param definition what comes behind `source`; `WWW` is the folder */
  define(project: string, definition: string, files: Readonly<Record<string, string>> = scripts): void {
    const text = `source = "${this.server.url(project)}"\n${definition.replaceAll("WWW", `file://${this.www}`)}`;
    this.w.write(`releases/${project}/release.toml`, text);
    for (const [name, script] of Object.entries(files)) this.w.write(`releases/${project}/${name}`, script);
  }

  /** Paths of all that was published, hidden files included. */
  published(): string[] {
    return readdirSync(this.www, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.www.length + 1))
      .sort();
  }

  sha256(path: string): string {
    return createHash("sha256")
      .update(readFileSync(join(this.www, path)))
      .digest("hex");
  }

  /** What clients get. */
  read(path: string): string {
    return readFileSync(join(this.www, path), "utf8");
  }

  /** What this machine has on record, also where nothing is at the remote yet. */
  recordHere(project: string, channel: string, ref: string): ReleaseRecord {
    const file = join(this.w.dir, ".sluice/releases/releases", project, channel, `${ref}.json`);
    return (JSON.parse(readFileSync(file, "utf8")) as { release: ReleaseRecord }).release;
  }

  /** As the branch \`state\` has it at the remote. */
  record(project: string, channel: string, ref: string): ReleaseRecord {
    const text = this.w.atOrigin("show", `state:releases/${project}/${channel}/${ref}.json`);
    return (JSON.parse(text) as { release: ReleaseRecord }).release;
  }
}
