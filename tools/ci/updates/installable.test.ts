import { expect, test } from "vitest";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { readRepositoryConfig } from "../../workspace/config/config.ts";
import { emptyState } from "../../workspace/state/state.ts";
import { installableIn } from "./installable.ts";

const url = "https://mirror.example.org/core/os/x86_64/core.db";
const { config } = readRepositoryConfig({
  kind: "file",
  text: `CI_LIB_DB="https://ann:secret@mirror.example.org/core/os/x86_64/core.db"\n`,
});
const own = (pkgbase: string, version: string) =>
  [
    pkgbase,
    {
      pkgbase,
      config: {},
      srcinfo: parseSrcinfo(
        `pkgbase = ${pkgbase}\n\tpkgver = ${version}\n\tpkgrel = 1\n\npkgname = ${pkgbase}\n`,
      ),
    },
  ] as const;
const packages = new Map([own("foo", "2.0"), own("held", "1.0"), own("zlib-ng", "1.0")]) as never;
const gives = [
  {
    url,
    read: "2026-06-01T00:00:00Z",
    packages: {
      zlib: { version: "1:1.3-2", provides: ["libz.so=1-64", "zlib-compat"] },
      "zlib-ng": { version: "9-1" },
    },
  },
  {
    url: "https://elsewhere.example.org/x.db",
    read: "2026-06-01T00:00:00Z",
    packages: { evil: { version: "1-1" } },
  },
];
const state = {
  packages: new Map([["held", { held: "ab".repeat(32) }]]),
  needs: { ...emptyState.needs, gives },
};

test.each([
  ["zlib", true],
  ["zlib>=1:1.3", true],
  ["zlib<1:1", false],
  ["libz.so=1-64", true],
  ["libz.so=2-64", false],
  // What provides a name isn't what one meant, and of a soname everything counts.
  ["libz.so", false],
  ["zlib-compat", false],
  // Of a database that CI_LIB_DB doesn't name.
  ["evil", false],
  ["unknown", false],
  ["constructor", false],
  ["foo", true],
  ["foo>=2", true],
  ["foo>=3", false],
  // It waits for a person.
  ["held", false],
  // The workspace's own comes first, whatever the distribution has.
  ["zlib-ng>=9", false],
])("%s can be depended on: %s", (relation, expected) => {
  expect(installableIn({ config, packages }, state)("bar")(relation)).toBe(expected);
});

test("nothing depends on itself", () => {
  expect(installableIn({ config, packages }, state)("foo")("foo")).toBe(false);
});

test("where no database was ever read, the distribution has nothing", () => {
  const unread = { ...state, needs: emptyState.needs };
  expect(installableIn({ config, packages }, unread)("bar")("zlib")).toBe(false);
});
