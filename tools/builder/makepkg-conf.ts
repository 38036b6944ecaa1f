import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** Over what this machine's makepkg.conf says: what every build here has in common. */
export async function writeMakepkgConf(folder: string): Promise<string> {
  const path = join(folder, "makepkg.conf");
  const lines = [
    // makepkg reads the folder beside a configuration, and here that is another.
    "for part in /etc/makepkg.conf /etc/makepkg.conf.d/*.conf; do [ ! -r $part ] || source $part; done",
    `MAKEFLAGS='-j${availableParallelism()}'`,
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
