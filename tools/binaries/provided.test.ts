import { expect, test } from "vitest";
import { givenByVersion } from "./files.ts";
import { Provided, type Giver } from "./provided.ts";

const x = (name: string): string => (name.includes(":") ? name : `x86_64-64:${name}`);

const giver = (pkgname: string, ...gives: readonly string[]): Giver => ({
  pkgname,
  version: "2-1",
  gives: gives.map(x),
  provides: [],
  depends: [],
});

test.each([
  ["libicuuc.so.74", "libicuuc.so.76"],
  ["libabsl_raw_hash_set.so.2605.0.0", "libabsl_raw_hash_set.so.2608.0.0"],
  ["libboost_python312.so.1.83.0", "libboost_python313.so.1.85.0"],
  ["libpython3.12.so.1.0", "libpython3.13.so.1.0"],
  ["libLLVM-17.so", "libLLVM.so.18.1"],
  ["libfoo-1.2.so", "libfoo-1.3.so"],
  ["libHSaeson-2.1.2.1-Ab1cD-ghc9.4.8.so", "libHSaeson-2.2.3.0-9xYz-ghc9.6.6.so"],
  ["libHSrts-1.0.2_thr-ghc9.4.8.so", "libHSrts-1.0.2_thr-ghc9.6.6.so"],
  ["python:3.12", "python:3.13"],
  ["ruby:3.3.0", "ruby:3.4.0"],
  ["qt6-private:6.8.2", "qt6-private:6.9.0"],
  ["haskell:aeson-2.1.2.1-Ab1cD", "haskell:aeson-2.2.3.0-9xYz"],
  ["kernel:6.9.1-arch1-1", "kernel:6.10.2-arch1-2"],
])("in place of %s there is %s", (gone, there) => {
  const others = [
    "libicuio.so.76",
    "libHSaeson-pretty-0.8-Zz-ghc9.6.6.so",
    "kernel:6.6.9-1-lts",
    "perl:5.40",
  ];
  const provided = new Provided([giver("other", ...others), giver("new", there)]);
  expect(provided.successorOf(x(gone))?.need).toBe(x(there));
});

test.each([
  ["libicuuc.so.74", "libicui18n.so.76"],
  ["libQt5Core.so.5", "libQt6Core.so.6"],
  ["libHSaeson-2.1.2.1-Ab1cD-ghc9.4.8.so", "libHSaeson-pretty-0.8-Zz-ghc9.6.6.so"],
  ["kernel:6.9.1-arch1-1", "kernel:6.6.9-1-lts"],
  ["libfoo.so.1", "i386-32:libfoo.so.2"],
])("nothing is there in place of %s where there is %s", (gone, there) => {
  expect(new Provided([giver("new", there)]).successorOf(x(gone))).toBeUndefined();
});

test.each([
  ["nodejs", "22.11.0-1", ["node:127"]],
  ["nodejs-lts-iron", "20.18.0-1", ["node:115"]],
  ["nodejs", "99.0.0-1", []],
  ["php", "8.3.8-1", ["php:8.3"]],
  ["erlang-core", "27.0-1", ["erlang:27"]],
  ["ocaml", "5.2.0-1", ["ocaml:5.2.0"]],
  ["qt5-base", "5.15.14+kde+r150-1", ["qt5-private:5.15.14"]],
  ["qt6-base", "6.7.2-1", ["qt6-private:6.7.2"]],
  ["kwin", "6.1.4-2", ["kwin:6.1.4"]],
  ["constructor", "1-1", []],
])("%s %s gives %j, whatever its files are called", (pkgname, version, gives) => {
  expect(givenByVersion(pkgname, version)).toEqual(gives);
});
