import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn } from "../../test/world/building.ts";
import { timeoutSignal } from "../timeout-signal.ts";

const moving = (text: string) => ({
  fields: { source: ["data.txt"], sha256sums: ["SKIP"] },
  code: 'package() { install -D data.txt "$pkgdir/data.txt"; }',
  files: { "data.txt": text },
});

describe.skipIf(cannotBuild !== "")(`how a build ends ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  afterAll(() => workspace.remove());

  test("the scheduled commit is built, whatever main and the work tree say meanwhile", async () => {
    workspace.writeRecipe("moving", moving("scheduled\n"));
    const commit = workspace.commit("scheduled");
    workspace.writeRecipe("moving", moving("newer\n"));
    workspace.commit("newer");
    workspace.writeRecipe("moving", moving("not even committed\n"));
    workspace.write("packages/moving/.CI/prepare", "exit 1");
    const { files, log } = await workspace.build("moving", { commit });
    expect({ log, text: files[0] && fileIn(files[0], "data.txt") }).toMatchObject({ text: "scheduled\n" });
    expect(log).not.toMatch(/^error:/m);
    workspace.delete("packages/moving");
  });

  test.each([
    [
      "a failing function",
      "build() { echo so; echo \"calc.c:3:13: error: 'y' undeclared\" >&2; false; }\npackage() { :; }",
      /^build\(\) failed: calc\.c:3:13: error: 'y' undeclared$/,
    ],
    ["a syntax error", "build() {", /PKGBUILD.*bash -n PKGBUILD/],
    ["CRLF line ends", "\r", /CRLF/],
    ["a recipe that makes no package", "package() { exit 0; }", /made no package|no viable package|failed/],
    ["a missing package()", "pkgname=(a b)", /package_a|package/],
  ])("%s fails the build, saying so", async (_what, code, message) => {
    const { result, log } = await workspace.buildRecipe("wrong", { code });
    expect({ ...result, log }).toMatchObject({ kind: "failed", message: expect.stringMatching(message) });
  });

  test("exit code CI_CODE_SKIP in a function skips the build, which is no failure", async () => {
    const { result, log } = await workspace.buildRecipe("skipping", {
      code: 'prepare() { exit "$CI_CODE_SKIP"; }\npackage() { :; }',
      files: { ".CI/on-failure.sh": "echo failure" },
    });
    expect({ ...result, log }).toMatchObject({ kind: "skipped" });
    expect(log).not.toMatch(/^failure$/m);
  });

  test("a build has BUILDER_TIMEOUT seconds times the package's BUILDER_EXTRA_TIMEOUT", async () => {
    workspace.write(".ci/config", "BUILD_REPO=test\nBUILDER_TIMEOUT=2\n");
    const code = "build() { sleep 3; }\npackage() { :; }";
    const slow = await workspace.buildRecipe("slow", { code });
    const patient = await workspace.buildRecipe("slow", { code, config: "BUILDER_EXTRA_TIMEOUT=10" });
    const hasty = await workspace.buildRecipe("slow", { code, config: "BUILDER_EXTRA_TIMEOUT=0.1" });
    workspace.write(".ci/config", "BUILD_REPO=test\n");
    expect(slow.result).toMatchObject({ kind: "timed-out", message: expect.stringContaining("2 seconds") });
    expect(patient.result).toMatchObject({ kind: "built" });
    expect(hasty.result).toMatchObject({
      kind: "timed-out",
      message: expect.stringContaining("0.2 seconds"),
    });
  });

  test("a cancelled build ends at once", async () => {
    const { result } = await workspace.buildRecipe(
      "endless",
      { code: "build() { echo building; sleep 1000; }\npackage() { :; }" },
      { signal: timeoutSignal(1000) },
    );
    expect(result).toEqual({ kind: "cancelled", message: "its build was stopped" });
  });

  test("a recipe without .SRCINFO is built, and says itself what it makes", async () => {
    const { result, log } = await workspace.buildRecipe("plain", { pkgnames: null });
    expect({ ...result, log }).toMatchObject({ kind: "built", version: "1-1", pkgnames: ["plain"] });
  });

  test("odd file names, links within the recipe and sources of one architecture are all there", async () => {
    const names = ["a b.txt", "it's.txt", "$(touch hurt).txt", "-n.txt"];
    workspace.writeRecipe("odd", {
      fields: { arch: ["x86_64"] },
      code: `source_x86_64=('a b.txt' "it's.txt" '$(touch hurt).txt' 'linked.txt')
sha256sums_x86_64=(SKIP SKIP SKIP SKIP)
package() { [ ! -e hurt ]; install -Dt "$pkgdir/x" ./*.txt "$startdir/deep/er/-n.txt"; }`,
      files: Object.fromEntries(
        names.map((name) => [name.startsWith("-") ? `deep/er/${name}` : name, `${name}\n`]),
      ),
    });
    symlinkSync("deep/er/-n.txt", join(workspace.dir, "packages/odd/linked.txt"));
    symlinkSync("../../a b.txt", join(workspace.dir, "packages/odd/deep/er/up.txt"));
    const { result, log, files } = await workspace.build("odd");
    expect({ ...result, log }).toMatchObject({ kind: "built" });
    expect([...names, "linked.txt"].map((name) => fileIn(files[0], `x/${name.replace("$", "\\$")}`))).toEqual(
      [...names, "-n.txt"].map((name) => `${name}\n`),
    );
  });

  test.each([
    ["a link out of the folder", "../../../../etc/passwd", "out of the folder"],
    ["an absolute link", "/etc/passwd", "out of the folder"],
    ["a link that climbs behind another link", "to/the/top/../../x", "out of the folder"],
    ["a link in a circle", "PKGBUILD", "can be read"],
  ])("%s is refused", async (_what, target, message) => {
    const folder = join(workspace.dir, "packages/linking");
    workspace.writeRecipe("linking", {});
    mkdirSync(join(folder, "to/the"), { recursive: true });
    const name = target === "PKGBUILD" ? "PKGBUILD" : "link";
    if (name === "PKGBUILD") workspace.delete("packages/linking/PKGBUILD");
    symlinkSync("../..", join(folder, "to/the/top"));
    symlinkSync(target, join(folder, name));
    const { result } = await workspace.build("linking");
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining(message) });
    workspace.delete("packages/linking");
  });

  test("a submodule is refused, as is a name that isn't UTF-8", async () => {
    workspace.writeRecipe("modular", {});
    workspace.git(
      "update-index",
      "--add",
      "--cacheinfo",
      `160000,${workspace.commit("x")},packages/modular/sub`,
    );
    workspace.git("commit", "-q", "-m", "submodule");
    const commit = workspace.git("rev-parse", "HEAD");
    const { result } = await workspace.build("modular", { commit });
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining("is a submodule") });

    const blob = workspace.git("rev-parse", "HEAD:packages/modular/PKGBUILD");
    const input = Buffer.concat([Buffer.from(`100644 ${blob}\tpackages/modular/`), Buffer.from([0xff, 0])]);
    workspace.git("rm", "-q", "--cached", "packages/modular/sub");
    execFileSync("git", ["-C", workspace.dir, "update-index", "-z", "--index-info"], { input });
    workspace.git("commit", "-q", "-m", "a byte");
    const other = await workspace.build("modular", { commit: workspace.git("rev-parse", "HEAD") });
    expect(other.result).toMatchObject({ kind: "failed", message: expect.stringContaining("isn't UTF-8") });
    workspace.git("reset", "-q", "--hard");
  });

  test("a commit without the package is distinguished from a recipe that fails", async () => {
    workspace.writeRecipe("fresh", {});
    const { result } = await workspace.build("fresh", { path: "packages/none" });
    expect(result).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("has no PKGBUILD in commit"),
    });
  });

  test.skipIf(process.getuid?.() !== 0)("a full disk is the machine's fault, not the build's", async () => {
    workspace.writeRecipe("large", { code: 'package() { head -c 3M /dev/urandom > "$pkgdir/f"; }' });
    const small = join(workspace.base, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", small]);
    try {
      await expect(workspace.build("large", { folder: small })).rejects.toMatchObject({ code: "ENOSPC" });
    } finally {
      execFileSync("umount", [small]);
    }
  });
});
