import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { storeZstd, writeTar } from "./tar.ts";

/** A library or program in C or C++, or a module in a language with a version, as a build would make it. */
export interface LinkedPackage {
  readonly pkgname: string;
  readonly version: string;
  readonly depends: readonly string[];
  readonly provides?: readonly string[];
  /** By pkgname, what was installed when it was built. */
  readonly installed: Readonly<Record<string, string>>;
  /** By path in the package. */
  readonly files: Readonly<Record<string, Buffer | string>>;
}

/** The package as a file of the right name below `folder`; returns the path. */
export function writeLinkedPackage(folder: string, pkg: LinkedPackage): string {
  mkdirSync(folder, { recursive: true });
  const { pkgname, version, depends, provides = [], installed, files } = pkg;
  const info = [
    `pkgname = ${pkgname}`,
    `pkgbase = ${pkgname}`,
    `pkgver = ${version}`,
    "pkgdesc = made by the tests",
    "builddate = 1700000000",
    "packager = Test <test@example.org>",
    "size = 1",
    "arch = x86_64",
    ...depends.map((name) => `depend = ${name}`),
    ...provides.map((name) => `provides = ${name}`),
  ];
  const lines = Object.entries(installed).map(([name, one]) => `installed = ${name}-${one}-x86_64`);
  const path = join(folder, `${pkgname}-${version}-x86_64.pkg.tar.zst`);
  const content = { ".PKGINFO": `${info.join("\n")}\n`, ".BUILDINFO": `${lines.join("\n")}\n`, ...files };
  writeFileSync(path, storeZstd(writeTar(content, { executable: /^usr\/(?:bin\/|lib\/ld-)/ })));
  return path;
}

/** Packages with a database, as a mirror has them. What is there already isn't written again. */
export function writeDatabase(folder: string, name: string, packages: readonly LinkedPackage[]): void {
  const entries = packages.map((pkg) => {
    const { pkgname, version, depends, provides = [] } = pkg;
    const filename = `${pkgname}-${version}-x86_64.pkg.tar.zst`;
    if (!existsSync(join(folder, filename))) writeLinkedPackage(folder, pkg);
    const fields = {
      FILENAME: [filename],
      NAME: [pkgname],
      VERSION: [version],
      ARCH: ["x86_64"],
      CSIZE: [String(statSync(join(folder, filename)).size)],
      DEPENDS: depends,
      PROVIDES: provides,
    };
    const lines = Object.entries(fields).flatMap(([key, values]) =>
      values.length > 0 ? [`%${key}%`, ...values, ""] : [],
    );
    return [`${pkgname}-${version}/desc`, `${lines.join("\n")}\n`];
  });
  writeFileSync(join(folder, `${name}.db`), gzipSync(writeTar(Object.fromEntries(entries))));
}

/** Compiles with the real compilers; the same question is answered from memory. */
export class Compiler {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** A shared library that exports functions, with symbol versions where they are given. */
  library(options: {
    readonly soname: string;
    readonly functions: readonly string[];
    /** What each of them calls, of `libraries`. */
    readonly calls?: readonly string[];
    /** Of all its functions. */
    readonly symbolVersion?: string;
    readonly libraries?: readonly string[];
    readonly cpp?: boolean;
  }): string {
    const { soname, functions, calls = [], symbolVersion, libraries = [], cpp = false } = options;
    const extern = cpp ? 'extern "C" ' : "";
    const declared = calls.map((name) => `${extern}int ${name}(void);`);
    const body = ["0", ...calls.map((name) => `${name}()`)].join(" + ");
    const defined = functions.map((name) => `${extern}int ${name}(void) { return ${body}; }`);
    const source = [...declared, ...defined].join("\n");
    const script =
      symbolVersion === undefined ? "" : `${symbolVersion} { global: ${functions.join("; ")}; local: *; };`;
    return this.#compile(soname, { source, libraries, cpp, script }, [
      "-shared",
      "-fPIC",
      `-Wl,-soname,${soname}`,
    ]);
  }

  /** A program that calls functions of libraries, given by their paths. */
  program(calls: readonly string[], libraries: readonly string[], cpp = false): string {
    const declared = calls.map((name) => `${cpp ? 'extern "C" ' : ""}int ${name}(void);`).join("\n");
    const source = `${declared}\nint main(void) { return ${["0", ...calls.map((name) => `${name}()`)].join(" + ")}; }`;
    return this.#compile("program", { source, libraries, cpp, script: "" }, []);
  }

  /** A program that loads the file it is given and looks for a symbol in it, as Node.js does with native modules. */
  loader(symbol: string): string {
    const load = `void *file = dlopen(argv[1], 2); return file && dlsym(file, "${symbol}") ? 0 : 1;`;
    const source = `#include <dlfcn.h>\nint main(int argc, char **argv) { ${load} }`;
    return this.#compile("loader", { source, libraries: [], cpp: false, script: "" }, []);
  }

  #compile(
    name: string,
    input: { source: string; libraries: readonly string[]; cpp: boolean; script: string },
    options: readonly string[],
  ): string {
    const digest = createHash("sha256")
      .update(JSON.stringify([name, input, options]))
      .digest("hex")
      .slice(0, 16);
    const folder = join(this.#folder, digest);
    const output = join(folder, name);
    if (existsSync(output)) return output;
    mkdirSync(folder, { recursive: true });
    const source = join(folder, input.cpp ? "source.cc" : "source.c");
    writeFileSync(source, `${input.source}\n`);
    const script = join(folder, "versions");
    if (input.script !== "") writeFileSync(script, input.script);
    const versions = input.script === "" ? [] : [`-Wl,--version-script=${script}`];
    execFileSync(input.cpp ? "g++" : "gcc", [
      ...options,
      ...versions,
      "-o",
      output,
      source,
      "-Wl,--no-as-needed",
      ...input.libraries,
      "-Wl,--allow-shlib-undefined",
    ]);
    return output;
  }
}

/** What programs need of this machine to start in a root of their own: the C library and its loader. */
export function hostGlibc(): Record<string, Buffer> {
  const wanted = ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libgcc_s.so.1", "libstdc++.so.6"];
  const places = ["/lib/x86_64-linux-gnu", "/usr/lib", "/lib64"].filter((place) => existsSync(place));
  return Object.fromEntries(
    wanted.flatMap((name) => {
      const place = places.find((one) => readdirSync(one).includes(name));
      return place === undefined ? [] : [[`usr/lib/${name}`, readFileSync(join(place, name))] as const];
    }),
  );
}
