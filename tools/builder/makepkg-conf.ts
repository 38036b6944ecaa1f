import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Resources } from "./build-request.ts";

/** Over what this machine's makepkg.conf says: what every build here has in common. */
export async function writeMakepkgConf(
  folder: string,
  arch: string,
  { makeflags, cpus }: Resources = {},
): Promise<string> {
  const path = join(folder, "makepkg.conf");
  const lines = [
    // makepkg reads the folder beside a configuration, and here that is another.
    "for part in /etc/makepkg.conf /etc/makepkg.conf.d/*.conf; do [ ! -r $part ] || source $part; done",
    `MAKEFLAGS=${quoted(makeflags ?? `-j${Math.max(1, Math.floor(cpus ?? availableParallelism()))}`)}`,
    "BUILDENV=(!distcc !color !ccache check !sign)",
    "OPTIONS=(strip docs !libtool !staticlibs emptydirs zipman purge !debug lto)",
    "PKGEXT='.pkg.tar.zst'",
    "SRCEXT='.src.tar.gz'",
    "COMPRESSZST=(zstd -c -T0 -)",
    "PACKAGER='Sluice <sluice@localhost>'",
    ...forArchitecture(arch),
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/**
 * Of another architecture than the host's: its name for compilers, without the host's flags; for a level of x86-64
 * (the psABI's x86-64-v3 and the like) the compilers' flags. What else it takes, the host says in a file of its own.
 */
function forArchitecture(arch: string): string[] {
  const level = /^x86_64_(v[234])$/.exec(arch)?.[1];
  const forLevel = [
    `for flags in CFLAGS CXXFLAGS; do declare -g "$flags=\${!flags} -march=x86-64-${level}"; done`,
    `RUSTFLAGS="$RUSTFLAGS -C target-cpu=x86-64-${level}"`,
    `export GOAMD64=${level}`,
  ];
  const forAnother = [
    `if [ "$CARCH" != ${arch} ]; then`,
    `  CHOST=${arch}-unknown-linux-gnu`,
    '  for flags in CFLAGS CXXFLAGS; do declare -g "$flags=$(printf %s "${!flags}" | sed -E "s/-m(arch|tune|cpu)=[^ ]*//g")"; done',
    "fi",
  ];
  return [
    ...(level ? forLevel : forAnother),
    `CARCH=${arch}`,
    `[ ! -r /etc/makepkg.d/${arch}.conf ] || source /etc/makepkg.d/${arch}.conf`,
  ];
}

/** makepkg reads its configuration as bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
