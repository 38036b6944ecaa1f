import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Resources } from "./build-request.ts";

/** Over what this machine's makepkg.conf says: what every build here has in common. */
export async function writeMakepkgConf(folder: string, { makeflags, cpus }: Resources = {}): Promise<string> {
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
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** makepkg reads its configuration as bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
