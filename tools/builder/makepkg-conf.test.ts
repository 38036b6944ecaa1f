import { afterAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn } from "../../test/world/building.ts";

const code = `build() { printf '%s\\n' "$CARCH" "$CHOST" "$CFLAGS" "$CXXFLAGS" "$RUSTFLAGS" "$GOAMD64" > said; }
package() { install -D said "$pkgdir/said"; }`;

describe.skipIf(cannotBuild !== "")(`a build for an architecture ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  afterAll(() => workspace.remove());

  test.each([
    ["x86_64_v3", /^x86_64_v3\nx86_64-\S+\n.* -march=x86-64-v3.*\n.* -march=x86-64-v3.*\n.*x86-64-v3\nv3\n$/],
    ["aarch64", /^aarch64\naarch64-\S+\n(?:(?!-m(?:arch|tune)=).)*\n(?:(?!-m(?:arch|tune)=).)*\n.*\n\n$/],
  ])("is told to compilers: %s", async (arch, said) => {
    const { result, files, log } = await workspace.buildRecipe(
      "app",
      { fields: { arch: [arch] }, code },
      { arch },
    );
    expect({ ...result, log }).toMatchObject({ kind: "built" });
    expect(files[0]).toContain(`app-1-1-${arch}.pkg.tar.zst`);
    expect(fileIn(files[0], "said")).toMatch(said);
  });

  test("that the recipe isn't for fails it", async () => {
    const { result } = await workspace.buildRecipe("app", { fields: { arch: ["riscv64"] }, code });
    expect(result).toMatchObject({ kind: "failed", message: expect.stringContaining("x86_64") });
  });
});
