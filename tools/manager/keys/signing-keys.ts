import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { KeyRecord } from "../../pkgrepo/keys.ts";
import { folderOf, type Repository } from "../../pkgrepo/repository.ts";
import type { SigningKey } from "../../pkgrepo/signing/gpg-agent.ts";
import { findKey, withSigner } from "../../pkgrepo/signing/signing.ts";
import { holdsKey, makeLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import { publishedKeys } from "../../pkgrepo/snapshot.ts";
import type { Checkpoint } from "../../steps.ts";

export interface KeyPlaces {
  /** SIGNING_KEY */
  readonly setting: string;
  /** The home of Sluice's own keys. */
  readonly home: string;
  /** The operator's GnuPG home. */
  readonly gnupgHome: string;
  readonly repository: Pick<Repository, "root" | "name" | "arch">;
  readonly checkpoint?: Checkpoint | undefined;
}

type Keys = Pick<Repository, "key" | "otherKeys">;

/**
 * The key that signs: the one that signed what is published, which SIGNING_KEY has to name, unless it names the one
 * that is to sign next. A repository that is new gets the key that SIGNING_KEY names, or one that is made.
 *
 * @throws SluiceError `signing-key`; `signing-key-changed` where SIGNING_KEY names another key
 */
export async function openSigningKeys(places: KeyPlaces): Promise<Keys> {
  const { setting, home, gnupgHome, repository, checkpoint } = places;
  const own = { home };
  const operator = { home: gnupgHome, id: setting };
  const keys = await publishedKeys(repository);
  if (setting !== "") {
    const chosen = await configuredKey(places);
    if (!keys || keys.signs.fingerprint === chosen) {
      return { key: { home: gnupgHome, id: chosen }, otherKeys: [own] };
    }
    if (keys.next?.fingerprint !== chosen) throw changed(keys, chosen);
    return signsUntilThen(keys, [operator, own]);
  }
  if (!keys) {
    const { publicKey } = folderOf(repository);
    if (!existsSync(home) && existsSync(publicKey)) throw keyLost(home, publicKey);
    return { key: await makeLocalKey(home, localOwner(repository.name), checkpoint) };
  }
  const { signs, next } = keys;
  if (await holdsKey(own, signs.fingerprint)) {
    return { key: { home, fingerprint: signs.fingerprint }, otherKeys: [operator] };
  }
  if (next && (await holdsKey(own, next.fingerprint))) return signsUntilThen(keys, [operator, own]);
  if (await holdsKey({ home: gnupgHome, id: signs.fingerprint }, signs.fingerprint)) {
    throw changed(keys, undefined);
  }
  throw keyLost(home, folderOf(repository).publicKey);
}

export const localOwner = (repository: string): string => `${repository} (package repository)`;

/** The full fingerprint of the key that SIGNING_KEY names. */
export function configuredKey({ setting, gnupgHome }: KeyPlaces): Promise<string> {
  if (!/^[0-9A-Fa-f]{16,40}$/.test(setting)) {
    throw new SluiceError("signing-key", `SIGNING_KEY is not a fingerprint or key id: ${setting}`, {
      hint: "Find it with: gpg --list-secret-keys --keyid-format long",
    });
  }
  return withSigner({ home: gnupgHome, id: setting }, (signer) => Promise.resolve(signer.fingerprint));
}

async function signsUntilThen({ signs }: KeyRecord, homes: readonly SigningKey[]): Promise<Keys> {
  return { key: await findKey(homes, signs.fingerprint), otherKeys: homes };
}

function changed({ signs }: KeyRecord, chosen: string | undefined): SluiceError {
  const to = chosen === undefined ? "names no key any more" : `names ${chosen}`;
  return new SluiceError(
    "signing-key-changed",
    `SIGNING_KEY ${to}, while ${signs.fingerprint} signed what is published`,
    {
      hint: "Clients trust the one that signed. To go over to the other in steps: sluice key rotate. Or set SIGNING_KEY back.",
      facts: { path: ".ci/config", key: signs.fingerprint },
    },
  );
}

/** A new key would leave a repository of which clients can verify one half with either key. */
function keyLost(home: string, publicKey: string): SluiceError {
  return new SluiceError("signing-key", `the key that signed what is published is gone: ${home}`, {
    hint: `Restore that folder from your backup, or the key: sluice key import FILE. Without one: sluice key rotate --after 0 signs everything by a new key, which clients have to trust; or delete ${dirname(publicKey)}, and everything is rebuilt.`,
    facts: { path: home },
  });
}
