import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { readCommitReleases } from "./commit-releases.ts";
import { readProjects, type Project } from "./projects.ts";
import { readWorktreeReleases } from "./worktree-releases.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

const least = `source = "https://example.org/app.git"\n[channels]\nstable = { tag = 'v.+' }\n[stages.check]\nunit = { run = "unit.sh" }\n`;
const commit = "0123456789".repeat(4);

/** The same of the work tree and of the commit that has it. */
async function projects(): Promise<ReadonlyMap<string, Project>> {
  w.git("add", "-A");
  w.git("commit", "-qm", "releases", "--allow-empty");
  const here = readProjects(readWorktreeReleases(w.dir));
  const committed = readProjects(await readCommitReleases(openGit(w.dir, process.env), "HEAD"));
  expect(JSON.stringify([...committed])).toBe(JSON.stringify([...here]));
  return here;
}

async function problems(): Promise<string[]> {
  return [...(await projects()).values()].flatMap((project) =>
    project.problems.map(({ file, line, message }) => [file, line, message].filter(Boolean).join(": ")),
  );
}

test("a workspace without releases has no projects", async () => {
  expect((await projects()).size).toBe(0);
});

test("a project is a folder with a definition, its scripts and its locks", async () => {
  w.write("releases/app/release.toml", least);
  w.write("releases/app/unit.sh", "");
  w.write("releases/app/stable.lock", `ref = "refs/tags/v1.0"\ncommit = "${commit}"\nreason = "new tag"\n`);
  w.write("releases/adapters/other.toml", "x = 1\n");
  const found = await projects();
  expect([...found.keys()]).toEqual(["app"]);
  expect(found.get("app")?.problems).toEqual([]);
  expect(found.get("app")?.locks.get("stable")).toEqual({
    ref: { kind: "tag", name: "v1.0", commit },
    reason: "new tag",
  });
});

test("what is wrong with one project doesn't hide another", async () => {
  w.write("releases/app/release.toml", least);
  w.write("releases/app/stabel.lock", `ref = "refs/tags/v1.0"\ncommit = "${commit}"\nreason = ""\n`);
  w.write("releases/app/stable.lock", "ref = 1\n");
  w.write("releases/Other/release.toml", least);
  w.write("releases/good/release.toml", least);
  w.write("releases/good/unit.sh", "");
  w.write("releases/linked/release.toml", least);
  symlinkSync("/etc/passwd", join(w.dir, "releases/linked/unit.sh"));
  w.write("releases/binary/release.toml", Buffer.from([0x61, 0x0a, 0xff]));
  w.write("secret.toml", "x = 1\n");
  symlinkSync(join(w.dir, "releases/good"), join(w.dir, "releases/elsewhere"));
  expect(await problems()).toEqual([
    "releases/Other: is no project's name: a-z, 0-9 and . _ -; the folder is ignored",
    "releases/app/release.toml: 5: stages.check.unit.run: releases/app/unit.sh is missing",
    "releases/app/stable.lock: commit: is missing",
    "releases/app/stable.lock: reason: is missing",
    "releases/app/stable.lock: 1: ref: has to be text, in quotation marks",
    "releases/binary/release.toml: is not UTF-8 (line 2)",
    "releases/linked/release.toml: 5: stages.check.unit.run: releases/linked/unit.sh is a symbolic link; put a regular file there",
  ]);
});
