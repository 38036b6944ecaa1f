import { afterAll, beforeAll, expect, test } from "vitest";
import { GitServer } from "./world/git-server.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const server = new GitServer();
const w = new ScratchWorkspace();
let commit: string;

function define(project: string, prefix: string): void {
  w.write(
    `releases/${project}/release.toml`,
    `source = "${server.url("all")}"
prefix = "${prefix}"
[channels]
stable = { tag = 'v[0-9]+\\.[0-9]+\\.[0-9]+' }
extra = { tag = '.+' }
weekly = { branch = "main", trigger = "weekly" }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
image = { to = "oci", at = "ghcr.io/example/${project}:{version}", of = "bin" }
`,
  );
  w.write(`releases/${project}/build.sh`, "true\n");
}

beforeAll(async () => {
  await server.start();
  commit = server.commit("all", { files: { "main.c": "int main(void) { return 0; }\n" } });
  server.git("all", "tag", "cli/v0.9.0");
  w.addPackage("hello");
  define("cli", "cli/");
  define("lib", "lib/");
  w.publishScheduled();
});
afterAll(async () => {
  await server.stop();
  w.remove();
});

/** The table that a run prints, and what changed in main. */
async function onSchedule(...args: string[]): Promise<{ code: number; said: string[]; committed: string[] }> {
  const before = w.atOrigin("rev-parse", "main");
  const { code, stdout } = await w.sluice(["on-schedule", ...args]);
  const said = stdout
    .split("\n")
    .slice(1)
    .map((line) => line.trimEnd().replaceAll(/ {2,}/g, " "));
  const changed = w.atOrigin("diff", "--name-only", before, "main");
  return { code, said, committed: changed === "" ? [] : changed.split("\n") };
}

test("the first look at a project's repository releases none of its old tags", async () => {
  expect(await onSchedule()).toEqual({ code: 0, said: [], committed: [] });
  expect(w.atOrigin("show", "state:.releases.json")).toContain(`"tags/cli/v0.9.0": "${commit}"`);
});

test("a new tag is a lock of its project's channel, and a run without news changes nothing", async () => {
  server.git("all", "tag", "-a", "-m", "1.0", "cli/v1.0.0");
  server.git("all", "tag", "lib/handcrafted-1.0");
  server.git("all", "tag", "v7.0.0");
  const dry = await onSchedule("--dry-run");
  expect([dry.said, dry.committed]).toEqual([
    ["Updated cli stable.lock: new tag cli/v1.0.0", "Updated lib extra.lock: new tag lib/handcrafted-1.0"],
    [],
  ]);
  const asked = server.http.asked.length;
  const run = await onSchedule();
  expect(run).toEqual({
    code: 0,
    said: dry.said,
    committed: ["releases/cli/stable.lock", "releases/lib/extra.lock"],
  });
  // Both projects lie in one repository: what it speaks, and its refs.
  expect(server.http.asked.length - asked).toBe(2);
  expect(w.atOrigin("show", "main:releases/cli/stable.lock")).toBe(
    `ref = "refs/tags/cli/v1.0.0"\ncommit = "${commit}"\nreason = "new tag cli/v1.0.0"`,
  );
  const before = w.atOrigin("for-each-ref");
  expect(await onSchedule()).toEqual({ code: 0, said: [], committed: [] });
  expect(w.atOrigin("for-each-ref")).toBe(before);
});

test("a trigger releases where the branch has moved since, and a second one nothing", async () => {
  const trigger = (): ReturnType<typeof onSchedule> => onSchedule("--trigger", "weekly");
  expect((await onSchedule("--trigger", "weekly", "--dry-run")).committed).toEqual([]);
  const run = await trigger();
  expect(run).toEqual({
    code: 0,
    said: ["Updated cli weekly.lock: trigger weekly", "Updated lib weekly.lock: trigger weekly"],
    committed: ["releases/cli/weekly.lock", "releases/lib/weekly.lock"],
  });
  expect(w.atOrigin("log", "-1", "--format=%s", "main")).toBe("chore(release): cli, lib: trigger weekly");
  expect(await trigger()).toEqual({ code: 0, said: [], committed: [] });
});

test("a tag that moved is told to a person and released by nothing", async () => {
  const other = server.commit("all", {
    files: { "main.c": "int main(void) { return 1; }\n" },
    branch: "other",
  });
  server.git("all", "tag", "-f", "cli/v0.9.0", other);
  const { code, said, committed } = await onSchedule();
  expect([code, said, committed]).toEqual([
    1,
    [
      `Needs a person cli the tag cli/v0.9.0 was at ${commit.slice(0, 10)} and is at ${other.slice(0, 10)} now; a tag that moves releases nothing`,
    ],
    [],
  ]);
});

test("a project whose source is the workspace itself is released by its tags, but not by those that pipelines move", async () => {
  const own = new ScratchWorkspace();
  try {
    own.write(
      "releases/own/release.toml",
      `source = "."\n[channels]\nall = { tag = '.+' }\n[stages.build]\napp = { run = "build.sh" }\n`,
    );
    own.write("releases/own/build.sh", 'test -f "releases/own/build.sh" && echo "built $REF"\n');
    own.addPackage("hello");
    const released = own.publishScheduled();
    await own.sluice(["on-schedule"]);
    own.git("tag", "-a", "-m", "first", "v1.0.0", released);
    own.git("push", "-q", "origin", "v1.0.0");
    expect((await own.sluice(["on-schedule"])).code).toBe(0);
    expect(own.atOrigin("show", "main:releases/own/all.lock")).toBe(
      `ref = "refs/tags/v1.0.0"\ncommit = "${released}"\nreason = "new tag v1.0.0"`,
    );
    expect(own.atOrigin("ls-tree", "-r", "--name-only", "main", "releases")).not.toContain("scheduled");
    const unknown = await own.sluice(["release", "own", "v2.0.0", "--dry-run"]);
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining("this workspace's repository has neither a tag nor a branch"),
    ]);
  } finally {
    own.remove();
  }
});
