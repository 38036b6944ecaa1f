import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { storeZstd, writeTar } from "./tar.ts";

export interface TinyPackage {
  readonly pkgname: string;
  /** The pkgname unless told. */
  readonly pkgbase?: string;
  /** Full version; 1-1 unless told. */
  readonly version?: string;
  /** x86_64 unless told. */
  readonly arch?: string;
  readonly depends?: readonly string[];
  /** What its one file says; the version unless told. */
  readonly content?: string;
  /** More lines of .PKGINFO. */
  readonly more?: readonly string[];
}

/** The package as bytes: one file, `/usr/share/<pkgname>/hello`. The same package gives the same bytes. */
export function tinyPackage(described: TinyPackage): Buffer {
  const { pkgname, content = versionOf(described) } = described;
  const hello = `${content}\n`;
  return storeZstd(
    writeTar({
      ".PKGINFO": pkginfo(described, hello.length),
      "usr/": "",
      "usr/share/": "",
      [`usr/share/${pkgname}/`]: "",
      [`usr/share/${pkgname}/hello`]: hello,
    }),
  );
}

/** Writes the package under its right name below `folder`, and returns the path. */
export function writeTinyPackage(folder: string, described: TinyPackage): string {
  mkdirSync(folder, { recursive: true });
  const name = `${described.pkgname}-${versionOf(described)}-${described.arch ?? "x86_64"}`;
  const path = join(folder, `${name}.pkg.tar.zst`);
  writeFileSync(path, tinyPackage(described));
  return path;
}

const versionOf = (described: TinyPackage): string => described.version ?? "1-1";

function pkginfo(described: TinyPackage, size: number): string {
  const { pkgname, pkgbase = pkgname, arch = "x86_64", depends = [], more = [] } = described;
  const lines = [
    "# Written by the tests",
    `pkgname = ${pkgname}`,
    `pkgbase = ${pkgbase}`,
    "xdata = pkgtype=pkg",
    `pkgver = ${versionOf(described)}`,
    `pkgdesc = The tiny package ${pkgname}`,
    "url = https://example.org",
    "builddate = 1700000000",
    "packager = Test <test@example.org>",
    `size = ${size}`,
    `arch = ${arch}`,
    "license = MIT",
    ...depends.map((depend) => `depend = ${depend}`),
    ...more,
  ];
  return `${lines.join("\n")}\n`;
}
