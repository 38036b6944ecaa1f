import { expect, test } from "vitest";
import { AurRows } from "./aur-rows.ts";

const now = Date.parse("2026-11-20T12:00:00Z");

const row = {
  ID: 2000,
  Name: "foo",
  PackageBaseID: 1000,
  PackageBase: "foo",
  Version: "1:2.0+r3-1",
  Description: null,
  URL: "https://example.org",
  NumVotes: 17,
  Popularity: 0.25,
  OutOfDate: null,
  Maintainer: "alice",
  Submitter: "carol",
  FirstSubmitted: 1_400_000_000,
  LastModified: 1_700_000_000,
  URLPath: "/cgit/aur.git/snapshot/foo.tar.gz",
};

function gather(rows: readonly unknown[], asked = ["foo"]): ReadonlyMap<string, unknown> {
  const gathered = new AurRows(new Set(asked), now);
  for (const one of rows) gathered.add(one);
  return gathered.entries();
}

test("a row tells what is needed of a package", () => {
  expect(gather([row]).get("foo")).toEqual({
    kind: "package",
    lastModified: 1_700_000_000,
    version: "1:2.0+r3-1",
    maintainers: ["alice"],
    votes: 17,
    firstSubmitted: 1_400_000_000,
    url: "https://example.org",
    pkgnames: ["foo"],
  });
});

test.each([
  ["an orphan has no maintainers", { Maintainer: null }, []],
  ["a package without co-maintainers may say so", { CoMaintainers: [] }, ["alice"]],
  ["co-maintainers come behind the maintainer", { CoMaintainers: ["bob", "eve"] }, ["alice", "bob", "eve"]],
  ["an orphan may have co-maintainers", { Maintainer: null, CoMaintainers: ["bob"] }, ["bob"]],
  ["nobody is named twice", { CoMaintainers: ["alice", "bob", "bob"] }, ["alice", "bob"]],
])("%s", (_, changes, maintainers) => {
  expect(gather([{ ...row, ...changes }]).get("foo")).toMatchObject({ maintainers });
});

test("where rows of one pkgbase disagree, the newest says what it is, and everybody named is a maintainer", () => {
  const older = {
    ...row,
    Name: "foo-docs",
    Version: "1-1",
    Maintainer: "mallory",
    LastModified: 1_600_000_000,
  };
  const expected = {
    version: "1:2.0+r3-1",
    lastModified: 1_700_000_000,
    maintainers: ["alice", "mallory"],
  };
  const names = ["foo", "foo-docs"];
  expect(gather([row, older]).get("foo")).toMatchObject({ ...expected, pkgnames: names });
  expect(gather([older, row]).get("foo")).toMatchObject({ ...expected, pkgnames: names.toReversed() });
});

test.each([
  ["Name", { Name: "../etc" }],
  ["Version", { Version: "1 2" }],
  ["Version", { Version: undefined }],
  ["LastModified", { LastModified: "1700000000" }],
  ["LastModified", { LastModified: -1 }],
  ["LastModified", { LastModified: now / 1000 + 200_000 }],
  ["FirstSubmitted", { FirstSubmitted: null }],
  ["NumVotes", { NumVotes: 1.5 }],
  ["its maintainers", { Maintainer: "alice\n/approve" }],
  ["its maintainers", { Maintainer: 7 }],
  ["its maintainers", { CoMaintainers: "bob" }],
  ["its maintainers", { CoMaintainers: [["bob"], { name: "eve" }] }],
])("a row whose %s is of a surprising shape makes its package refused, and no other", (what, changes) => {
  const entries = gather([row, { ...row, ...changes }, row, { ...row, PackageBase: "bar" }], ["foo", "bar"]);
  expect(entries.get("foo")).toEqual({ kind: "refused", why: expect.stringContaining(what) as string });
  expect(entries.get("bar")).toMatchObject({ kind: "package" });
});

test.each([[null], ["foo"], [[row]], [{ ...row, PackageBase: undefined }], [{ ...row, PackageBase: 7 }]])(
  "while a row doesn't say which package it is of, none that is missing is said to be deleted: %j",
  (strange) => {
    const entries = gather([row, strange], ["foo", "missing"]);
    expect(entries.get("foo")).toMatchObject({ kind: "package" });
    expect(entries.get("missing")).toMatchObject({ kind: "refused" });
    expect(gather([row], ["foo", "missing"]).has("missing")).toBe(false);
  },
);
