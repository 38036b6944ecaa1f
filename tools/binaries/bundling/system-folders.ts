/**
 * Where libraries lie on a system that builds programs: in the order in which the dynamic linkers of Debian, Fedora and
 * Arch look, with what Debian's cross compilers bring.
 */
export function systemFolders(machine: string): readonly string[] {
  const own = (tuples.get(machine) ?? []).flatMap((tuple) => [
    `/usr/local/lib/${tuple}`,
    `/lib/${tuple}`,
    `/usr/lib/${tuple}`,
    `/usr/${tuple}/lib`,
  ]);
  const wide = machine.includes("-64") ? "64" : "32";
  return ["/usr/local/lib", ...own, `/lib${wide}`, `/usr/lib${wide}`, "/lib", "/usr/lib"];
}

/** Debian's names of its folders, by `Elf.machine`. */
const tuples = new Map([
  ["x86_64-64", ["x86_64-linux-gnu"]],
  ["i386-32", ["i386-linux-gnu", "i686-linux-gnu"]],
  ["aarch64-64", ["aarch64-linux-gnu"]],
  ["arm-32", ["arm-linux-gnueabihf", "arm-linux-gnueabi"]],
  ["riscv-64", ["riscv64-linux-gnu"]],
  ["ppc64-64", ["powerpc64le-linux-gnu", "ppc64le-linux-gnu"]],
  ["s390-64be", ["s390x-linux-gnu"]],
  ["loongarch-64", ["loongarch64-linux-gnu"]],
]);

/**
 * The only folders that a library is brought from, as an extended regular expression of POSIX: the sandbox holds what a
 * link there really leads to against it as well.
 */
const name = "[A-Za-z0-9_+@~-][A-Za-z0-9._+@~-]*";
export const libraryFolder = `^/((usr|usr/local|usr/[a-z0-9_]+-linux-[a-z0-9]+|opt/${name}|nix/store/${name})/)?lib(32|64)?(/${name})*$`;

export function isLibraryFolder(folder: string): boolean {
  return new RegExp(libraryFolder).test(folder);
}
