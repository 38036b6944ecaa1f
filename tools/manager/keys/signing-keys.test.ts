import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import {
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "../../../test/world/scratch-repository.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { publishedKeys } from "../../pkgrepo/snapshot.ts";
import { rotateKey } from "./rotation.ts";
import { openSigningKeys, type KeyPlaces } from "./signing-keys.ts";

const missing = missingPrograms(...publishingPrograms);
const now = new Date("2026-06-01T12:00:00Z");
const rotation = { afterDays: 30, keyring: false, keepDays: 7 };

describe.skipIf(missing.length > 0)(
  `the key that signs (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    let places: KeyPlaces;
    let first = "";
    let other = "";

    beforeAll(async () => {
      scratch = await scratchRepository();
      const gnupgHome = join(scratch.home, "operator");
      mkdirSync(gnupgHome, { mode: 0o700 });
      const gpg = (...args: string[]): string =>
        execFileSync("gpg", ["--homedir", gnupgHome, "--batch", "--quiet", "--passphrase", "", ...args], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
      gpg("--quick-generate-key", "Op <op@example.org>", "ed25519", "sign", "0");
      other = /^fpr:+([0-9A-F]+):/m.exec(gpg("--with-colons", "--list-keys"))?.[1] ?? "";
      await publish(scratch.repository, [], now);
      first = (await publishedKeys(scratch.repository))!.signs.fingerprint;
      places = { setting: "", home: join(scratch.home, "keys"), gnupgHome, repository: scratch.repository };
    });
    afterAll(() => {
      spawnSync("gpgconf", ["--homedir", places.gnupgHome, "--kill", "all"]);
      scratch.close();
    });

    test("is the one that signed what is published", async () => {
      expect((await openSigningKeys(places)).key).toEqual({ home: places.home, fingerprint: first });
    });

    test("is known of what a version published that kept no record", async () => {
      rmSync(join(scratch.folder, "databases/current/keys.json"));
      expect((await openSigningKeys(places)).key).toEqual({ home: places.home, fingerprint: first });
      await expect(openSigningKeys({ ...places, setting: other })).rejects.toMatchObject({
        code: "signing-key-changed",
        hint: expect.stringContaining("sluice key rotate"),
      });
    });

    test("isn't another one before it was rotated, and stays until it is time", async () => {
      const changed = { ...places, setting: other };
      await rotateKey(changed, rotation, now);
      expect((await openSigningKeys(changed)).key).toEqual({ home: places.home, fingerprint: first });
      expect((await openSigningKeys(places)).key).toEqual({ home: places.home, fingerprint: first });
      await rotateKey(changed, { ...rotation, afterDays: 0 }, now);
      expect((await openSigningKeys(changed)).key).toEqual({ home: places.gnupgHome, id: other });
      await expect(openSigningKeys(places)).rejects.toMatchObject({ code: "signing-key-changed" });
      await expect(rotateKey(changed, rotation, now)).rejects.toMatchObject({ code: "nothing-to-rotate" });
    });
  },
);
