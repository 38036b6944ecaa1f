import { existsSync } from "node:fs";
import { SluiceError } from "../../errors.ts";
import type { KeyRecord } from "../../pkgrepo/keys.ts";
import { keyringName } from "../../pkgrepo/publishing/keyring-package.ts";
import { announceKey, signAnew, wasJustRotated } from "../../pkgrepo/publishing/rotate-key.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import type { SigningKey } from "../../pkgrepo/signing/gpg-agent.ts";
import { withSigner } from "../../pkgrepo/signing/signing.ts";
import { addLocalKey, makeLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import { publishedKeys } from "../../pkgrepo/snapshot.ts";
import type { Revision } from "../reconcile/revision.ts";
import { configuredKey, localOwner, type KeyPlaces } from "./signing-keys.ts";

interface Rotation {
  /** Days until the new key signs; 0: at once, also where the present key is lost. */
  readonly afterDays: number;
  /** Whether a keyring package is made. */
  readonly keyring: boolean;
  /** For how long old files stay. */
  readonly keepDays: number;
}

/**
 * Goes over to another key: the one that SIGNING_KEY names, else one of Sluice's own, which is made. Asked again, it
 * goes on with what it began, and within a day of having done it does nothing.
 *
 * @throws SluiceError `nothing-to-rotate`, `signing-key`, as `announceKey` and `signAnew` do
 */
export async function rotateKey(places: KeyPlaces, rotation: Rotation, now: Date): Promise<KeyRecord> {
  const { repository, home, gnupgHome, checkpoint } = places;
  const { afterDays, keyring, keepDays } = rotation;
  const keys = await publishedKeys(repository);
  if (!keys) throw nothingPublished(repository);
  // A run that was killed after it was done is repeated by people who can't know that.
  if (places.setting === "" && !keys.next && wasJustRotated(keys, now)) return keys;
  const key = await nextKey(places, keys);
  const next = await withSigner(key, async (signer) => ({
    fingerprint: signer.fingerprint,
    publicKey: (await signer.publicKey()).toString(),
  }));
  const homes = [{ home }, { home: gnupgHome, id: "" }];
  const signed: Repository = {
    ...repository,
    key,
    otherKeys: homes,
    keepDays,
    ...(checkpoint && { checkpoint }),
  };
  const { fingerprint } = next;
  if (afterDays === 0) return signAnew(signed, { fingerprint, keyring }, now);
  if (keys.next?.fingerprint === fingerprint) return keys;
  const from = new Date(now.getTime() + afterDays * 86_400_000);
  return announceKey(signed, { next, from, keyring }, now);
}

/** Days until a new key signs, where nobody says otherwise. */
export const usualDays = 30;

/** Whether the workspace has a keyring package of its own, which then isn't made. */
export function hasKeyring({ workspace: { packages } }: Revision, repository: string): boolean {
  const name = keyringName(repository);
  return [...packages.values()].some(({ pkgbase, srcinfo }) =>
    (srcinfo?.packages.map(({ pkgname }) => pkgname) ?? [pkgbase]).includes(name),
  );
}

/** Goes over to the key that was announced, once it is time. */
export async function rotateWhenDue(repository: Repository, now: Date): Promise<KeyRecord | undefined> {
  const next = (await publishedKeys(repository))?.next;
  if (!next || Date.parse(next.from) > now.getTime()) return undefined;
  return signAnew(repository, { fingerprint: next.fingerprint, keyring: false }, now);
}

async function nextKey(places: KeyPlaces, keys: KeyRecord): Promise<SigningKey> {
  const { setting, home, gnupgHome, repository, checkpoint } = places;
  const { signs, next, former } = keys;
  if (setting !== "") {
    const id = await configuredKey(places);
    if (id === signs.fingerprint) throw nothingToRotate(signs.fingerprint);
    return { home: gnupgHome, id };
  }
  if (!existsSync(home)) await makeLocalKey(home, localOwner(repository.name), checkpoint);
  if (next) return { home, fingerprint: next.fingerprint };
  const known = [signs, ...former].map(({ fingerprint }) => fingerprint);
  return { home, fingerprint: await addLocalKey(home, localOwner(repository.name), known, checkpoint) };
}

function nothingToRotate(fingerprint: string): SluiceError {
  return new SluiceError("nothing-to-rotate", `SIGNING_KEY names ${fingerprint}, which signs already`, {
    hint: "Set SIGNING_KEY in .ci/config to the new key, commit that, and run this again. Without SIGNING_KEY a key is made here.",
    facts: { path: ".ci/config" },
  });
}

function nothingPublished({ root, name }: Pick<Repository, "root" | "name">): SluiceError {
  return new SluiceError("nothing-published", `nothing is published in ${root}/${name} yet`, {
    hint: "No client trusts a key yet: set SIGNING_KEY as you like, and start with `sluice up`.",
    facts: { path: root },
  });
}
