import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.ts";
import { fingerprintOf } from "./signing/public-key.ts";

/** A key as clients get it. */
export interface PublicKey {
  /** In full. */
  readonly fingerprint: string;
  /** Armoured. */
  readonly publicKey: string;
}

/** Who signs a package repository. It is a part of the snapshot, so it changes with the signatures. */
export interface KeyRecord {
  /** Signed the databases, and every package that they name. */
  readonly signs: PublicKey;
  /** Signs everything again at a time, ISO 8601; clients trust it before that. */
  readonly next?: PublicKey & { readonly from: string };
  /** Signed before, and is offered until a time, ISO 8601. */
  readonly former: readonly (PublicKey & { readonly until: string })[];
}

/** The keys that clients are to trust, the one that signs first. */
export function offeredKeys({ signs, next, former }: KeyRecord, now: Date): readonly PublicKey[] {
  return [signs, ...(next ? [next] : []), ...former.filter(({ until }) => Date.parse(until) > now.getTime())];
}

/**
 * @param snapshot the snapshot's folder
 * @param publicKey the file with the public key, which tells in snapshots of versions that kept no record
 */
export async function readKeyRecord(snapshot: string, publicKey: string): Promise<KeyRecord | undefined> {
  const record = await readText(join(snapshot, "keys.json"));
  if (record !== undefined) return JSON.parse(record) as KeyRecord;
  const armoured = (await readText(publicKey)) ?? "";
  const fingerprint = fingerprintOf(armoured);
  return fingerprint === undefined ? undefined : { signs: { fingerprint, publicKey: armoured }, former: [] };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
