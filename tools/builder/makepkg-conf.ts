import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** Over what this machine's makepkg.conf says: what every build here has in common. */
export async function writeMakepkgConf(folder: string): Promise<string> {
  const path = join(folder, "makepkg.conf");
  const lines = [
    "source /etc/makepkg.conf",
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
