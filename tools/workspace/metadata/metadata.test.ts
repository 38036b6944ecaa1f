import { lstatSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeRepository } from "../../../test/world/repository.ts";
import { formatSrcinfo, parseSrcinfo } from "../../alpm/srcinfo.ts";
import { derive } from "./derived.ts";
import { blobId } from "./content-ids.ts";
import { KeptMetadata } from "./kept-metadata.ts";
import { metadataOf } from "./metadata.ts";

const foo = "pkgname=foo\npkgver=2\npkgrel=1\narch=(any)\ndepends=(new)\n";
const of = (lines: string): string => `pkgbase = foo\n${lines.replaceAll(/^/gm, "\t")}\n\npkgname = foo\n`;
const right = of("pkgver = 2\npkgrel = 1\narch = any\ndepends = new");
const stale = of("pkgver = 1\npkgrel = 1\narch = any\ndepends = old");

const fields = (text: string): string[] => text.split("\n").sort();

test.each([
  ["the PKGBUILD counts without a .SRCINFO", foo, undefined, right],
  ["the PKGBUILD counts against a stale one", foo, stale, right],
  [
    "pkgver() may have found a newer version",
    `${foo}pkgver() { :; }\n`,
    right.replace("= 2", "= 3"),
    right.replace("= 2", "= 3"),
  ],
  ["but a stale one isn't a newer version", `${foo}pkgver() { :; }\n`, stale, right],
  [
    "a field that only running tells is the committed one, the others aren't",
    foo.replace("=2", "=$(date)"),
    stale,
    stale.replace("old", "new"),
  ],
  [
    "names that only running tells are the committed ones",
    `pkgbase=foo\n${foo.replace("=foo", "=(foo $(ls))")}`,
    stale,
    stale.replace("old", "new").replace("= 1", "= 2"),
  ],
  ["what can't be read at all is the committed one", "$(", stale, stale],
  ["so is what is no package", "pkgname=foo\n", stale, stale],
])("%s", (_, pkgbuild, committed, expected) => {
  const { srcinfo } = metadataOf(
    derive(pkgbuild),
    committed === undefined ? undefined : parseSrcinfo(committed),
  );
  expect(fields(formatSrcinfo(srcinfo!))).toEqual(fields(expected));
});

test.each([
  [
    "a value with a control character",
    "pkgname=foo\npkgver=1\npkgrel=1\narch=(any)\npkgdesc=$'a\\033b'\n",
    "a control character",
  ],
  [
    "a name that is none",
    "pkgname=(foo 'b a')\npkgver=1\npkgrel=1\narch=(any)\n",
    "`b a` is not a package name",
  ],
  [
    "a command",
    foo.replace("=2", "=$(date)"),
    "what it says in pkgver isn't known: a command would have to be run",
  ],
])("%s makes a problem that says why", (_, pkgbuild, why) => {
  expect(metadataOf(derive(pkgbuild), undefined)).toMatchObject({ srcinfo: undefined, why });
});

test("who saves last takes nothing from who saved meanwhile", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-kept-"));
  try {
    makeRepository(dir, { config: "" });
    const [one, another] = [KeptMetadata.of(dir, derive), KeptMetadata.of(dir, derive)];
    one.derive("1", foo);
    another.derive("2", foo);
    one.save("all");
    another.save();
    expect(["1", "2"].map((id) => KeptMetadata.of(dir).get(id)?.pkgbase)).toEqual(["foo", "foo"]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each(["all", "tree"] as const)(
  "a file is read again once it changed, however alike it looks: %s",
  (part) => {
    const dir = mkdtempSync(join(tmpdir(), "sluice-kept-"));
    try {
      makeRepository(dir, { config: "" });
      const file = join(dir, "PKGBUILD");
      writeFileSync(file, foo);
      const settled = { ...lstatSync(file), ctimeMs: Date.now() - 60_000 } as Stats;
      const kept = KeptMetadata.of(dir, derive);
      const derived = kept.derive(blobId(foo), foo);
      kept.addFile(settled, blobId(foo), derived, part);
      kept.save(part);
      expect(KeptMetadata.of(dir).ofFile(settled, part)).toMatchObject({ pkgbase: "foo", whole: true });
      utimesSync(file, settled.atimeMs / 1000, settled.mtimeMs / 1000);
      expect(KeptMetadata.of(dir).ofFile(lstatSync(file), part)).toBeUndefined();
      kept.addFile(lstatSync(file), blobId(foo), derived, part);
      // It may be written again within the same tick of the clock.
      expect(kept.ofFile(lstatSync(file), part)).toBeUndefined();
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
);

test("what was derived is kept by the PKGBUILD's content, and read again if the file is damaged", () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-kept-"));
  try {
    makeRepository(dir, { config: "" });
    const id = blobId(foo);
    const first = KeptMetadata.of(dir, derive);
    const derived = first.derive(id, foo);
    first.save("all");
    expect(KeptMetadata.of(dir).get(id)).toEqual(derived);
    const file = join(dir, ".git/sluice/metadata");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -5));
    expect(KeptMetadata.of(dir).get(id)).toBeUndefined();
    expect(KeptMetadata.of(dir, derive).derive(id, foo)).toEqual(derived);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
