import { expect, test } from "vitest";
import { parseSrcinfo } from "../alpm/srcinfo.ts";
import { builtFor, isFor } from "./architectures.ts";

const lines = (archs: readonly string[]): string => archs.map((arch) => `\tarch = ${arch}\n`).join("");

function recipe(base: readonly string[], ...own: readonly (readonly string[])[]): string {
  const sections = own.length > 0 ? own : [[]];
  const packages = sections.map((archs, at) => `\npkgname = foo${at}\n${lines(archs)}`);
  return `pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n${lines(base)}${packages.join("")}`;
}

const all = ["x86_64", "x86_64_v3", "aarch64"];

test.each([
  ["any is built once, and is in all", recipe(["any"]), ["x86_64"], all],
  ["those that both have", recipe(["aarch64", "x86_64", "riscv64"]), ["x86_64", "aarch64"], undefined],
  ["one of them alone", recipe(["aarch64"]), ["aarch64"], undefined],
  ["none of them", recipe(["riscv64"]), [], []],
  ["a variant is an architecture", recipe(["x86_64_v3"]), ["x86_64_v3"], undefined],
  [
    "a split package with data for any",
    recipe(["x86_64", "aarch64"], [], ["any"]),
    ["x86_64", "aarch64"],
    undefined,
  ],
  ["a split package that names any and a strange one", recipe(["any"], ["riscv64"]), ["x86_64"], undefined],
])("%s", (_, text, built, there) => {
  const pkg = { srcinfo: parseSrcinfo(text, ".SRCINFO") };
  expect(builtFor(pkg, all)).toEqual(built);
  expect(all.filter((arch) => isFor(pkg, arch, all))).toEqual(there ?? built);
});

test("a package of which nothing is known is built for the first architecture", () => {
  expect(builtFor({ srcinfo: undefined }, ["aarch64", "x86_64"])).toEqual(["aarch64"]);
});
