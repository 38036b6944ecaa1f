import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, type Built } from "../../../test/world/building.ts";
import { namcapRecipe } from "../../../test/world/namcap.ts";
import { readPackageEntry } from "../../pkgrepo/package-entry.ts";
import { keptNamcap, readNamcap, type NamcapReport } from "../namcap.ts";

test.each([
  ["foo E: missing-license", { level: "error", package: "foo", tag: "missing-license", message: "" }],
  [
    "lib+x.y W: unused-sodepend /usr/lib/libm.so.6 ['usr/bin/x']",
    {
      level: "warning",
      package: "lib+x.y",
      tag: "unused-sodepend",
      message: "/usr/lib/libm.so.6 ['usr/bin/x']",
    },
  ],
  [
    "PKGBUILD (foo) I: not-a-common-license MIT",
    { level: "info", package: "PKGBUILD (foo)", tag: "not-a-common-license", message: "MIT" },
  ],
  ["foo W: file-\u001b[31m x", undefined],
  [
    "foo W: bad-name \u001b[31m<img onerror=x>\u202e",
    { level: "warning", package: "foo", tag: "bad-name", message: "\ufffd[31m<img onerror=x>\ufffd" },
  ],
  ["Error: foo is empty or is not a valid package", undefined],
  ["Traceback (most recent call last):", undefined],
])("namcap's line %j is read", (line, found) => {
  expect(readNamcap(`${line}\n${line}\n`, "ran").lines).toEqual(found ? [found] : []);
});

test("of a report without end the errors are kept, and the rest is counted", () => {
  const warnings = Array.from({ length: 5000 }, (_, n) => `foo W: tag-${n} ${"x".repeat(9999)}`);
  const report = readNamcap([...warnings, "foo E: last"].join("\n"), "stopped");
  expect(report.lines[0]).toMatchObject({ level: "error", tag: "last" });
  expect(report).toMatchObject({ state: "stopped", left: 4801 });
  expect(report.lines.every(({ message }) => message.length <= 500)).toBe(true);
  expect(report.lines).toHaveLength(200);
});

describe.skipIf(cannotBuild !== "")(`namcap ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  let namcap: Built;
  beforeAll(async () => {
    namcap = await workspace.buildRecipe("namcap", namcapRecipe());
  });
  afterAll(() => workspace.remove());

  async function reportOf(provider: Built): Promise<{ built: Built; report: NamcapReport | undefined }> {
    const file = provider.files[0]!;
    const published = { entries: [await readPackageEntry(file)], pathOf: () => file };
    const recipe = { fields: { makedepends: ["namcap"] } };
    const built = await workspace.buildRecipe("checked", recipe, { published });
    return { built, report: await keptNamcap(built.logPath) };
  }

  test("is asked about packages and PKGBUILD where it is installed, without network", async () => {
    const { built, report } = await reportOf(namcap);
    expect({ ...built.result, log: built.log }).toMatchObject({ kind: "built" });
    expect(report).toEqual({
      state: "ran",
      left: 0,
      lines: [
        {
          level: "error",
          package: "checked",
          tag: "dependency-detected-not-included",
          message: "zlib (libraries ['usr/lib/libz.so.1'])",
        },
        { level: "warning", package: "PKGBUILD (checked)", tag: "missing-maintainer", message: "" },
        {
          level: "warning",
          package: "checked",
          tag: "unused-sodepend",
          message: "/usr/lib/libm.so.6 ['usr/bin/x']",
        },
        { level: "info", package: "checked", tag: "interfaces", message: "lo" },
      ],
    });
    expect(built.log).toContain(":: namcap: 1 error, 2 warnings.\n");
  });

  test("that isn't installed is said to be so", async () => {
    expect(await keptNamcap(namcap.logPath)).toEqual({ state: "not-installed", lines: [], left: 0 });
  });

  test("that floods and fails keeps no build from being good", async () => {
    const flood = "yes 'checked W: again and again' | head -n 100000; echo checked E: unseen; kill -SEGV $$";
    const { built, report } = await reportOf(await workspace.buildRecipe("namcap", namcapRecipe(flood)));
    expect({ ...built.result, log: built.log }).toMatchObject({ kind: "built" });
    expect(report).toMatchObject({ state: "stopped" });
    expect(report?.lines.map(({ tag }) => tag)).toContain("again");
    expect(report?.lines.map(({ tag }) => tag)).not.toContain("unseen");
    expect(built.log).toMatch(/namcap didn't come to its end: .*signal 11/);
  });
});
