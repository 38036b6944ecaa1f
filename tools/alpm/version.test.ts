import { expect, test } from "vitest";
import { formatVersion, parseVersion } from "./version.ts";

test.each([
  ["1.0", { epoch: "0", pkgver: "1.0" }],
  ["1.0-1", { epoch: "0", pkgver: "1.0", pkgrel: "1" }],
  ["1:2.0-3.1", { epoch: "1", pkgver: "2.0", pkgrel: "3.1" }],
  ["5.5.0.r1641.gcb0eb56851-1", { epoch: "0", pkgver: "5.5.0.r1641.gcb0eb56851", pkgrel: "1" }],
  ["20240101:1.0+r5-2", { epoch: "20240101", pkgver: "1.0+r5", pkgrel: "2" }],
])("%s is split into epoch, pkgver and pkgrel, and written the same again", (text, version) => {
  expect(parseVersion(text)).toEqual(version);
  expect(formatVersion(version)).toBe(text);
});

test.each([
  ["", { epoch: "0", pkgver: "" }],
  [":1", { epoch: "0", pkgver: "1" }],
  ["a:1", { epoch: "0", pkgver: "a:1" }],
  ["1:", { epoch: "1", pkgver: "" }],
  ["1-", { epoch: "0", pkgver: "1", pkgrel: "" }],
  ["-1", { epoch: "0", pkgver: "", pkgrel: "1" }],
  ["1-2-3", { epoch: "0", pkgver: "1-2", pkgrel: "3" }],
  ["1:2:3-4", { epoch: "1", pkgver: "2:3", pkgrel: "4" }],
])("the odd version %j is split where pacman splits it", (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test.each(["0", "00", ""])("an epoch of %j is left out, as makepkg does", (epoch) => {
  expect(formatVersion({ epoch, pkgver: "1.0", pkgrel: "1" })).toBe("1.0-1");
});
