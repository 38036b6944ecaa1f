import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { publishingPrograms, scratchRepository } from "../../../test/world/scratch-repository.ts";
import { publish } from "../publishing/publish.ts";
import { makeLocalKey } from "./signing-key.ts";
import type { SigningKey } from "./gpg-agent.ts";
import { withSigner } from "./signing.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "gpg-connect-agent");
const home = mkdtempSync(join(tmpdir(), "sluice-signing-"));
const operator = join(home, "operator");

function gpg(...args: string[]): string {
  const options = [
    "--homedir",
    operator,
    "--batch",
    "--quiet",
    "--passphrase",
    "",
    "--pinentry-mode",
    "loopback",
  ];
  return execFileSync("gpg", [...options, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Makes a key in the operator's keyring and returns its fingerprint. */
function operatorKey(owner: string, usage: string, expires: string, ...more: string[]): string {
  gpg(...more, "--quick-generate-key", owner, "ed25519", usage, expires);
  return /^fpr:+([0-9A-F]+):/m.exec(gpg("--with-colons", "--list-keys", owner))?.[1] ?? "";
}

function agentRuns(keyring: string): boolean {
  const args = ["--homedir", keyring, "--no-autostart", "GETINFO pid", "/bye"];
  return spawnSync("gpg-connect-agent", args, { encoding: "utf8" }).stdout.includes("OK");
}

const signing = (key: SigningKey): Promise<unknown> => withSigner(key, async () => "able to sign");

afterAll(() => {
  spawnSync("gpgconf", ["--homedir", operator, "--kill", "all"]);
  rmSync(home, { recursive: true, force: true });
});

describe.skipIf(missing.length > 0)(`signing (needs ${missing.join(", ") || "nothing more"})`, () => {
  const fingerprints: Record<string, string> = {};
  beforeAll(() => {
    mkdirSync(operator, { mode: 0o700 });
    fingerprints.good = operatorKey("good@example.org", "sign", "0");
    fingerprints.expired = operatorKey(
      "expired@example.org",
      "sign",
      "1d",
      "--faked-system-time",
      "20200101T000000",
    );
    fingerprints.encrypting = operatorKey("certify@example.org", "cert", "0");
    fingerprints.revoked = operatorKey("revoked@example.org", "sign", "0");
    const certificate = join(operator, "openpgp-revocs.d", `${fingerprints.revoked}.rev`);
    const armour = execFileSync("sed", ["s/^:---/---/", certificate]);
    writeFileSync(join(home, "revoked.asc"), armour);
    gpg("--import", join(home, "revoked.asc"));
  });

  test("the local key is made once, readable by its owner alone, and no agent stays", async () => {
    const keys = join(home, "made/keys");
    const [key] = await Promise.all([makeLocalKey(keys, "Tiny"), makeLocalKey(keys, "Tiny")]);
    const before = readdirSync(join(keys, "private-keys-v1.d"));
    await makeLocalKey(keys, "Tiny");
    expect(before).toHaveLength(1);
    expect(readdirSync(join(keys, "private-keys-v1.d"))).toEqual(before);
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, "made"))).toEqual(["keys", "keys.lock"]);
    expect(await signing(key)).toBe("able to sign");
    expect(agentRuns(keys)).toBe(false);
  });

  test("a half-made key of a process that died is cleared away", async () => {
    mkdirSync(join(home, "died/keys.new-abcdef"), { recursive: true });
    await makeLocalKey(join(home, "died/keys"), "Tiny");
    expect(readdirSync(join(home, "died"))).toEqual(["keys", "keys.lock"]);
  });

  test("processes that use the local key at once don't end each other's agent", async () => {
    const keys = join(home, "shared");
    const key = await makeLocalKey(keys, "Shared <shared@example.org>");
    const file = (user: number, time: number): string => join(home, `shared-${user}-${time}`);
    const use = async (user: number): Promise<void> => {
      for (let time = 0; time < 8; time++) {
        writeFileSync(file(user, time), "content");
        // Somebody who only looks whether the key can sign is there, too.
        await withSigner(key, (signer) => signer.sign(user === 0 ? [] : [file(user, time)]));
      }
    };
    await Promise.all([0, 1, 2].map(use));
    expect(statSync(`${file(2, 7)}.sig`).size).toBeGreaterThan(0);
    expect(agentRuns(keys)).toBe(false);
  });

  test("a folder too deep for an agent's socket works as well", async () => {
    const keys = join(home, "deep".repeat(20), "keys");
    const key = await makeLocalKey(keys, "Tiny");
    const file = join(home, "message");
    writeFileSync(file, "hello");
    await withSigner(key, async (signer) => {
      await signer.sign([file]);
      writeFileSync(`${file}.asc`, await signer.publicKey());
    });
    execFileSync("gpg", ["--yes", "--dearmor", "--output", `${file}.gpg`, `${file}.asc`], {
      stdio: "ignore",
    });
    const verified = spawnSync("gpgv", ["--keyring", `${file}.gpg`, `${file}.sig`, file]);
    expect(verified.status).toBe(0);
  });

  test("an operator's key signs by fingerprint, and the operator's agent is left running", async () => {
    gpg("--list-secret-keys");
    expect(agentRuns(operator)).toBe(true);
    expect(await signing({ home: operator, id: fingerprints.good ?? "" })).toBe("able to sign");
    expect(agentRuns(operator)).toBe(true);
  });

  test.each([
    ["expired", "expired on 2020-01-02", "--quick-set-expire"],
    ["revoked", "is revoked", "valid"],
    ["encrypting", "can't sign", "valid for signing"],
  ])("a key that is %s is refused with what to do", async (name, problem, hint) => {
    await expect(signing({ home: operator, id: fingerprints[name] ?? "" })).rejects.toMatchObject({
      code: "signing-key",
      message: expect.stringContaining(problem),
      hint: expect.stringContaining(hint),
    });
  });

  test.each([
    ["isn't in the keyring", { home: operator, id: "0123456789ABCDEF" }, "is missing"],
    ["is one of several", { home: operator, id: "example.org" }, "could be any of"],
    ["has no keyring at all", { home: join(home, "nowhere"), id: "0123456789ABCDEF" }, "is missing"],
    ["was made locally and is gone", { home: join(home, "nowhere") }, "is missing"],
  ])("a key that %s is refused with what to do", async (_, key, problem) => {
    await expect(signing(key)).rejects.toMatchObject({
      code: "signing-key",
      message: expect.stringContaining(problem),
      hint: expect.stringMatching(/./),
    });
  });

  test("nothing is published, and nothing published is lost, with a key that expired", async () => {
    const { repository, folder, build, close } = await scratchRepository();
    await publish(repository, [build("foo", { pkgname: "foo" })], new Date());
    const before = readdirSync(folder);
    const expired = { ...repository, key: { home: operator, id: fingerprints.expired ?? "" } };
    await expect(publish(expired, [build("bar", { pkgname: "bar" })], new Date())).rejects.toMatchObject({
      code: "signing-key",
    });
    expect(readdirSync(folder)).toEqual(before);
    close();
  });
});
