import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { installable, publishingPrograms } from "./world/scratch-repository.ts";
import { sluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "makepkg", "fakeroot", "rsync", "tar");
if (probeBubblewrap()) missing.push("a working bubblewrap");

/** The commands of a section of the hosting page. */
function commandsUnder(heading: string): string[] {
  const [section = ""] = readFileSync("docs/hosting.md", "utf8").split(`\n## ${heading}\n`).slice(1);
  const blocks = section.split("\n## ")[0]!.matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].map(([, commands]) => commands!);
}

const stateIn = (home: string): string => join(home, "workspace/.sluice");

describe.skipIf(missing.length > 0)(
  `the hosting page's own commands (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const person = new ScratchWorkspace();
    const { base } = person;
    const [old, moved] = [join(base, "old"), join(base, "moved")];
    const published = (root: string): Promise<Record<string, string>> =>
      installable({
        root,
        name: "test",
        arch: "x86_64",
        keepDays: 14,
        key: { home: join(stateIn(old), "signing-key") },
      });

    /** Runs a block with another folder for /var/lib/sluice, and without root's part in it. */
    function run(commands: string, home: string, others: Readonly<Record<string, string>> = {}): string {
      const text = Object.entries({ "/var/lib/sluice": home, ...others }).reduce(
        (text, [from, to]) => text.replaceAll(from, to),
        commands,
      );
      const env = { ...process.env, PATH: `${join(base, "bin")}:${process.env["PATH"]}` };
      return execFileSync("bash", ["-ec", text], { cwd: base, env, encoding: "utf8", stdio: "pipe" });
    }

    beforeAll(async () => {
      const main = join(process.cwd(), "dist/cli/main.js");
      const program = (name: string, script: string): void => {
        writeFileSync(join(base, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      };
      mkdirSync(join(base, "bin"));
      program("sluice", `exec '${process.execPath}' '${main}' "$@"`);
      program("sudo", '[ "$1" = -u ] && shift 2\nexec "$@"');
      program("systemctl", `echo "$@" >> '${join(base, "services")}'`);
      program("chown", ":");
      person.addRecipe("good");
      person.addRecipe("other");
      person.publishScheduled();
      mkdirSync(old);
      execFileSync("git", ["clone", "-q", person.origin, join(old, "workspace")]);
      expect((await sluice(["up", "--once"], { cwd: join(old, "workspace") })).code).toBe(0);
    });
    afterAll(() => person.remove());

    test("what is backed up while it runs is restored elsewhere, key and all, and nothing is built again", async () => {
      const [all = "", key = ""] = commandsUnder("Backup");
      run(all, old);
      run(key, old);
      expect(readFileSync(join(old, "key.asc"), "utf8")).toContain("PRIVATE KEY");
      mkdirSync(moved);
      run(commandsUnder("Restore").join(""), moved);
      expect(readFileSync(join(base, "services"), "utf8")).toBe("stop sluice\nstart sluice\n");
      const { code, stderr } = await sluice(["up", "--once"], { cwd: join(moved, "workspace") });
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("all is published") });
      expect(stderr).not.toContain("building");
      expect(await published(join(stateIn(moved), "repositories"))).toEqual({ good: "1-1", other: "1-1" });
    });

    test("what was published while the backup was made is missing in it, and is built again", async () => {
      const half = join(base, "half");
      mkdirSync(half);
      const [restore = ""] = commandsUnder("Restore");
      execFileSync("tar", ["-C", half, "-xzf", join(base, "sluice-backup.tar.gz")]);
      const folder = join(stateIn(half), "repositories/test/x86_64");
      for (const name of readdirSync(folder).filter((name) => name.startsWith("good-"))) {
        execFileSync("rm", [join(folder, name)]);
      }
      expect(() => run(restore.replace(/^.*tar.*$/m, ""), half)).toThrow(/Command failed/);
      const { stderr } = await sluice(["up", "--once"], { cwd: join(half, "workspace") });
      expect(stderr).toContain("damaged: good-1-1-any.pkg.tar.zst is missing; it is built again");
      expect(await published(join(stateIn(half), "repositories"))).toEqual({ good: "1-1", other: "1-1" });
    });

    test("a mirror's clients can install at each step of its copying", async () => {
      const mirror = join(base, "mirror");
      const [commands = ""] = commandsUnder("Mirrors");
      const copy = (text: string): string =>
        run(text, old, { "repo.example.org:": "", "/srv/mirror": mirror });
      copy(commands);
      expect(await published(mirror)).toEqual({ good: "1-1", other: "1-1" });

      person.addRecipe("good", { pkgver: "2" });
      person.commit("good 2");
      person.git("push", "-q", "origin", "HEAD");
      expect((await sluice(["up", "--once"], { cwd: join(old, "workspace") })).code).toBe(0);
      const lines = commands.trim().split("\n");
      copy(lines.slice(0, -1).join("\n"));
      expect(existsSync(join(mirror, "test/x86_64/good-2-1-any.pkg.tar.zst"))).toBe(true);
      expect(await published(mirror)).toEqual({ good: "1-1", other: "1-1" });
      copy(commands);
      expect(await published(mirror)).toEqual({ good: "2-1", other: "1-1" });
    });
  },
);
