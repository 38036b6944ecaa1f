import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../system/run.ts";
import { sha256Of } from "../../system/digest.ts";
import type { PublicKey } from "../keys.ts";
import { readNeeds } from "../read-needs.ts";
import { dearmor } from "../signing/public-key.ts";
import type { VerifiedPackage } from "./plan-publish.ts";

export const keyringName = (repository: string): string => `${repository}-keyring`;

/**
 * Makes the package with which clients get to trust these keys: what `pacman-key --populate` reads, and a scriptlet
 * that calls it.
 *
 * @param folder where it is made; on the repository's file system
 */
export async function makeKeyringPackage(
  repository: string,
  keys: readonly PublicKey[],
  folder: string,
  now: Date,
): Promise<VerifiedPackage> {
  const pkgname = keyringName(repository);
  const version = `${now.toISOString().replaceAll(/\D/g, "").slice(0, 14)}-1`;
  const filename = `${pkgname}-${version}-any.pkg.tar.zst`;
  const root = join(folder, "keyring");
  const keyrings = join(root, "usr/share/pacman/keyrings");
  await mkdir(keyrings, { recursive: true });
  const trusted = keys.map(({ fingerprint }) => `${fingerprint}:4:\n`).join("");
  const files: Record<string, Buffer | string> = {
    [join(keyrings, `${repository}.gpg`)]: dearmor(keys.map(({ publicKey }) => publicKey).join("")),
    [join(keyrings, `${repository}-trusted`)]: trusted,
    [join(keyrings, `${repository}-revoked`)]: "",
    [join(root, ".PKGINFO")]: pkginfo(pkgname, version, repository, now),
    [join(root, ".INSTALL")]: scriptlet(repository),
  };
  for (const [path, content] of Object.entries(files)) {
    await writeFile(path, content, { mode: 0o644 });
    await utimes(path, now, now);
  }
  const path = join(folder, filename);
  const owner = ["--uid", "0", "--gid", "0", "--uname", "root", "--gname", "root"];
  const content = [".PKGINFO", ".INSTALL", "usr"];
  await run("bsdtar", ["-cf", path, "--zstd", "--format", "gnutar", ...owner, "-C", root, ...content]);
  const known = { pkgname, pkgbase: pkgname, version, arch: "any", depends: [], provides: [] };
  return { pkgname, path, filename, sha256: await sha256Of(path), needs: await readNeeds(path, known) };
}

function pkginfo(pkgname: string, version: string, repository: string, now: Date): string {
  return `pkgname = ${pkgname}
pkgbase = ${pkgname}
pkgver = ${version}
pkgdesc = Keys of the package repository ${repository}
url = https://wiki.archlinux.org/title/Pacman/Package_signing
builddate = ${Math.floor(now.getTime() / 1000)}
packager = Sluice
size = 0
arch = any
license = CC0-1.0
`;
}

/** As archlinux-keyring has it; without an initialised keyring there is nothing to add to. */
function scriptlet(repository: string): string {
  return `post_install() {
  if usr/bin/pacman-key -l >/dev/null 2>&1; then
    usr/bin/pacman-key --populate '${repository}'
  fi
}
post_upgrade() {
  post_install
}
`;
}
