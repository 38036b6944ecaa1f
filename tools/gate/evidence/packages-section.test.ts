import { expect, test } from "vitest";
import type { PackageContents } from "../../binaries/contents.ts";
import { failedSection, packagesSection } from "./packages-section.ts";

interface Described {
  readonly pkgname?: string;
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly sizes?: Readonly<Record<string, number>>;
}

function contents({ pkgname = "foo", fields = {}, sizes = {} }: Described): PackageContents {
  const file = { type: "file", mode: 0o644, owner: "0:0", target: "", capabilities: undefined } as const;
  const files = Object.entries(sizes).map(
    ([path, size]) => [path, { ...file, size, digest: undefined, elf: undefined }] as const,
  );
  const info = { pkgname, pkgbase: "foo", version: "1.0-1", arch: "any" };
  return {
    info: { ...info, fields: new Map(Object.entries(fields)) },
    files: new Map(files),
    scriptlet: undefined,
  };
}

test("first comes what is gravest, of whichever package", () => {
  const before = [contents({ pkgname: "foo" }), contents({ pkgname: "foo-old" })];
  const sizes = { "usr/bin/foo": 3, "etc/sudoers.d/foo": 1 };
  const after = [contents({ pkgname: "foo", sizes }), contents({ pkgname: "foo-new" })];
  expect(packagesSection(before, after, undefined)).toEqual({
    title: "Packages",
    first: [
      "`foo`: A sudo or doas rule comes: `etc/sudoers.d/foo`",
      "`foo-new`: This package is new",
      "`foo-old`: This package isn't made any more",
      "`foo`: A program comes: `usr/bin/foo`",
    ],
    lines: [
      "`foo`: A sudo or doas rule comes: `etc/sudoers.d/foo`",
      "`foo-new`: This package is new",
      "`foo-old`: This package isn't made any more",
      "`foo`: A program comes: `usr/bin/foo`",
      "`foo`: Installed: 0.0 KiB in 0 before, 0.0 KiB in 2 files and folders now",
      "`foo`: Comes: `usr/bin/foo`",
      "`foo`: Comes: `etc/sudoers.d/foo`",
      "`foo-new`: Installed: 0.0 KiB in 0 files and folders",
    ],
  });
});

test("where nothing is published, all is new and it says so", () => {
  const { first, lines } = packagesSection([], [contents({ sizes: { "etc/cron.d/x": 1 } })], undefined);
  expect(first).toEqual(["A cron job comes: `etc/cron.d/x`"]);
  expect(lines).toContain("Nothing of it is published, so all that it has counts as new");
});

test.each([
  [{ replaces: ["bash"] }, ["Now replaces `bash`"]],
  [{ provides: ["foo=2"], conflict: ["bar"] }, ["Now conflicts with `bar`"]],
  [{ depend: ["glibc", "curl>=8"] }, ["Now depends on `curl>=8`"]],
  [{ optdepend: ["a: for b"] }, []],
])("relations that are new: %j", (fields, first) => {
  const before = contents({ fields: { provides: ["foo=1"], depend: ["glibc"] } });
  expect(packagesSection([before], [contents({ fields })], undefined).first).toEqual(first);
});

const sized = (size: number): PackageContents => contents({ sizes: { "usr/share/x": size } });

test("sizes are always told, and first where they are quite other ones", () => {
  const words = "Installed: 1.0 MiB in 1 before, 5.0 MiB in 1 files and folders now";
  expect(packagesSection([sized(2 ** 20)], [sized(5 * 2 ** 20)], undefined).first).toEqual([words]);
  expect(packagesSection([sized(100)], [sized(500)], undefined).first).toEqual([]);
});

test("namcap's words are shown, and that there are errors comes first", () => {
  const line = {
    level: "error",
    package: "foo",
    tag: "elffile-not-in-allowed-dirs",
    message: "`@x`",
  } as const;
  const report = { state: "ran", lines: [line] } as const;
  expect(packagesSection([contents({})], [contents({})], report)).toMatchObject({
    first: ["namcap finds 1 error"],
    lines: expect.arrayContaining(["namcap: error: `foo` `` elffile-not-in-allowed-dirs `@ x` ``"]),
  });
});

test("a build that fails says why, with the end of its log", () => {
  expect(
    failedSection("the build failed (exit code 4)", ["==> ERROR: A failure", "", "::set-env @all"]),
  ).toEqual({
    title: "Packages",
    first: ["It can't be built: `the build failed (exit code 4)`"],
    lines: [
      "It can't be built: `the build failed (exit code 4)`",
      "The log: `==> ERROR: A failure`",
      "The log: `::set-env @ all`",
    ],
  });
});

test("a flood of facts is cut where nothing is grave", () => {
  const sizes = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`etc/cron.d/${at}`, 1]));
  const { first, lines } = packagesSection([contents({})], [contents({ sizes })], undefined);
  expect([first.length, lines.length]).toEqual([40, 401]);
  expect(lines.slice(0, 400).every((line) => line.startsWith("A cron job comes"))).toBe(true);
  expect(lines.at(-1)).toBe("302 more of that kind");
});
