import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { missingPrograms } from "./programs.ts";

/** Its C library is 2.31; what this machine's compilers link needs a newer one. */
const suite = "bullseye";
const packages = "dash,coreutils,tar,xz-utils";

/**
 * A root file system of an older Debian, with a shell and little else. It is made where there is none, in some seconds,
 * and kept between runs.
 */
export function olderRoot(): { readonly folder: string } | { readonly missing: string } {
  const missing = missingPrograms("mmdebstrap", "flock");
  if (missing.length > 0) return { missing: missing.join(", ") };
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluice-tests/roots");
  // Another list of packages is another root.
  const folder = join(cache, `${suite}-1`);
  if (existsSync(folder)) return { folder };
  if (process.getuid?.() !== 0) return { missing: "the right to make an older root" };
  mkdirSync(cache, { recursive: true });
  const args = [join(cache, "lock"), "bash", "-c", makeRoot, "root", folder, packages, suite];
  const { status } = spawnSync("flock", args, { stdio: "ignore" });
  return status === 0 ? { folder } : { missing: `Debian's ${suite}, which no mirror gave` };
}

const makeRoot = `set -eu
[ -e "$1" ] && exit
rm -rf "$1.new"
mmdebstrap --quiet --variant=extract --include="$2" --dpkgopt='path-exclude=/usr/share/*' "$3" "$1.new"
mkdir -p "$1.new/proc"
chmod 755 "$1.new"
mv "$1.new" "$1"
`;
