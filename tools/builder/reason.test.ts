import { afterAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild } from "../../test/world/building.ts";

describe.skipIf(cannotBuild !== "")(`a build's resources, and why it failed ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  afterAll(() => workspace.remove());

  test("makepkg gets the machine's MAKEFLAGS as they are, whatever quotes are in them", async () => {
    const code = 'build() { echo "flags: $MAKEFLAGS"; }\npackage() { install -d "$pkgdir/usr"; }';
    const { log } = await workspace.buildRecipe("flags", { code }, { resources: { makeflags: "-j3 V='1'" } });
    expect(log).toContain("flags: -j3 V='1'\n");
  });

  test("a server that doesn't answer is a reason to try again; a recipe's own mistake is none", async () => {
    const source = ["http://127.0.0.1:9/far.txt"];
    const far = await workspace.buildRecipe("far", { fields: { source, sha256sums: ["SKIP"] } });
    expect(far.result).toMatchObject({ kind: "failed", reason: "download" });
    const own = await workspace.buildRecipe("own", { code: "package() { false; }" });
    expect(own.result).toMatchObject({ kind: "failed" });
    expect(own.result).not.toHaveProperty("reason");
  });

  test("a build that takes more memory than it may have is known by that", async () => {
    const code = "package() { head -c 400M /dev/zero | tail; }";
    const { result } = await workspace.buildRecipe(
      "greedy",
      { code },
      { resources: { memoryBytes: 2 ** 27 } },
    );
    expect(result).toMatchObject({ kind: "failed", reason: "memory" });
  });
});
