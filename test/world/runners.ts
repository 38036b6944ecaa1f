import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { srcinfoText } from "./workspace.ts";

/** What a person needs who lets CI runners build and sign. */
export interface SigningKey {
  /** A file with the key in armour. */
  readonly secret: string;
  readonly fingerprint: string;
}

/** A key as an operator exports it for CI. */
export function makeSigningKey(folder: string): SigningKey {
  const home = join(folder, "operator");
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...args: string[]): string =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", ...args], {
      encoding: "utf8",
      stdio: "pipe",
    });
  gpg("--passphrase", "", "--quick-generate-key", "Mine <mine@example.org>", "ed25519", "sign", "never");
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(gpg("--with-colons", "--list-keys"))![1]!;
  const secret = join(folder, "signing-key.asc");
  writeFileSync(secret, gpg("--armor", "--export-secret-keys", fingerprint));
  endAgents(home);
  return { secret, fingerprint };
}

/** GnuPG leaves a process behind for each of its homes. */
export function endAgents(home: string): void {
  execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
}

/** A package that makepkg can build, by path: it holds `/usr/share/<name>/hello`, which says 1. */
export function recipeFiles(
  name: string,
  { functions = "", depends = [] }: { functions?: string; depends?: readonly string[] } = {},
): Readonly<Record<string, string>> {
  const variables = `pkgname=${name}\npkgver=1\npkgrel=1\npkgdesc=${name}\narch=(any)\nlicense=(0BSD)\n`;
  const hello = `package() {\n  install -d "$pkgdir/usr/share/${name}"\n  echo 1 > "$pkgdir/usr/share/${name}/hello"\n}\n`;
  const lines = depends.map((depend) => `depends = ${depend}`);
  return {
    [`packages/${name}/PKGBUILD`]: `${variables}depends=(${depends.join(" ")})\n${functions}${hello}`,
    [`packages/${name}/.SRCINFO`]: srcinfoText(name, { lines }),
  };
}
