/**
 * What a package needs or gives, as one text that two sides can compare:
 *
 *     x86_64-64:libfoo.so.1          a library where the dynamic linker looks anyway
 *     x86_64-64:usr/lib/foo/libx.so  one elsewhere, that only those find who name the folder
 *     x86_64-64:libfoo.so.1@FOO_1.0  a symbol version of a library
 *     python:3.12                    a kind of `kinds.ts`, and its value
 */
export type Need = string;

export function libraryNeed(machine: string, name: string): Need {
  return `${machine}:${name}`;
}

/** The library of a symbol version, and that version; undefined for any other need. */
export function symbolVersion(need: Need): { readonly library: Need; readonly version: string } | undefined {
  const at = need.indexOf("@");
  return at < 0 ? undefined : { library: need.slice(0, at), version: need.slice(at + 1) };
}

export function kindOf(need: Need): string {
  return need.slice(0, need.indexOf(":"));
}

export function valueOf(need: Need): string {
  return need.slice(need.indexOf(":") + 1);
}

/** Machines end with the width of their words: `x86_64-64`, `ppc64-64be`. */
export function isLibrary(need: Need): boolean {
  return /-(?:32|64)(?:be)?$/.test(kindOf(need));
}

/**
 * What stays the same of a need when the version of what it is about changes: `libicuuc.so.74` and `libicuuc.so.76`,
 * `libboost_python312.so.1.83` and `libboost_python313.so.1.85`, `python:3.12` and `python:3.13`. Haskell's libraries
 * have a version, a hash and that of the compiler in their names: `libHSaeson-2.1.2-Ab1-ghc9.4.8.so`.
 */
export function stemOf(need: Need): string {
  const kind = kindOf(need);
  if (!isLibrary(need)) return `${kind}:${versioned.get(kind)?.(valueOf(need)) ?? ""}`;
  const name = valueOf(need).replace(/@.*/, "");
  const [whole = name] = name.split(/\.so(?:\.|$)/);
  const stem = whole.replace(/^(libHS.+?)-[0-9].*/, "$1");
  return `${kind}:${stem.replace(/[-_.0-9]+$/, "").toLowerCase()}`;
}

/** Kinds whose values are of many things, each with a version. */
const versioned = new Map<string, (value: string) => string>([
  ["haskell", (value) => value.replace(/-[0-9][0-9.]*(?:-[0-9A-Za-z]+)?$/, "")],
  ["kernel", (value) => value.replace(/^[0-9.]*/, "").replace(/[0-9]+/g, "")],
]);

/** The machines whose files a repository of an architecture is for; the first is its own. */
export function machinesOf(arch: string): readonly string[] {
  return machines.get(arch) ?? [];
}

const machines = new Map([
  ["x86_64", ["x86_64-64", "i386-32"]],
  ["i686", ["i386-32"]],
  ["aarch64", ["aarch64-64"]],
  ["armv7h", ["arm-32"]],
  ["riscv64", ["riscv-64"]],
  ["loong64", ["loongarch-64"]],
  ["ppc64le", ["ppc64-64"]],
]);
