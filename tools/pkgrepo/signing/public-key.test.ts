import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { dearmor, fingerprintOf } from "./public-key.ts";

const missing = missingPrograms("gpg", "gpgconf");
const home = mkdtempSync(join(tmpdir(), "sluice-public-key-"));
afterAll(() => {
  spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
  rmSync(home, { recursive: true, force: true });
});

function gpg(...args: string[]): Buffer {
  const options = [
    "--homedir",
    home,
    "--batch",
    "--quiet",
    "--passphrase",
    "",
    "--pinentry-mode",
    "loopback",
  ];
  return execFileSync("gpg", [...options, ...args], { stdio: ["ignore", "pipe", "ignore"] });
}

describe.skipIf(missing.length > 0)(`public keys (needs ${missing.join(", ") || "nothing more"})`, () => {
  test.each(["ed25519", "rsa2048", "nistp256"])("of kind %s are read as gpg reads them", (kind) => {
    gpg("--quick-generate-key", kind, kind, "sign", "0");
    const armoured = gpg("--armor", "--export", kind).toString();
    const listed = /^fpr:+([0-9A-F]+):/m.exec(gpg("--with-colons", "--list-keys", kind).toString())?.[1];
    expect(fingerprintOf(armoured)).toBe(listed);
    expect(dearmor(armoured + armoured)).toEqual(
      Buffer.concat([gpg("--export", kind), gpg("--export", kind)]),
    );
  });

  test.each([
    "",
    "no key",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
  ])("%j is none", (text) => expect(fingerprintOf(text)).toBeUndefined());
});
