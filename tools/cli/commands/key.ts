import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { keepDays, keyPlaces } from "../../manager/installation.ts";
import { makeStateFolder } from "../../manager/installation.ts";
import type { Revision } from "../../manager/reconcile/revision.ts";
import { hasKeyring, rotateKey, usualDays } from "../../manager/keys/rotation.ts";
import { openSigningKeys, type KeyPlaces } from "../../manager/keys/signing-keys.ts";
import type { KeyRecord } from "../../pkgrepo/keys.ts";
import { keyringName } from "../../pkgrepo/publishing/keyring-package.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import { exportSecretKey, importLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import { findKey } from "../../pkgrepo/signing/signing.ts";
import { publishedKeys } from "../../pkgrepo/snapshot.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { gnupgHome, readHead, type InstallationOptions } from "../wiring/installation.ts";
import { keysFolder, stateFolder } from "../wiring/state-folder.ts";
import { findRoot } from "../wiring/root.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Which key signs, which is to sign, and which clients trust besides. */
export async function showKey(options: Options): Promise<number> {
  const { places } = await open(options);
  const keys = await publishedKeys(places.repository);
  const rows = keys ? rowsOf(keys) : [];
  if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else if (keys) {
    const cells = rows.map(({ fingerprint, role, time }) => [fingerprint, role, time?.slice(0, 10) ?? ""]);
    process.stdout.write(`${formatTable(["KEY", "", ""], cells)}\n`);
    info(`Clients get them from ${folderOf(places.repository).publicKey}`);
  } else info("Nothing is published yet, so no key is in use.");
  return 0;
}

interface Row {
  readonly fingerprint: string;
  readonly role: "signs" | "signs from" | "signed before; offered until";
  /** ISO 8601 */
  readonly time: string | null;
}

function rowsOf({ signs, next, former }: KeyRecord): Row[] {
  return [
    { fingerprint: signs.fingerprint, role: "signs", time: null },
    ...(next ? [{ fingerprint: next.fingerprint, role: "signs from" as const, time: next.from }] : []),
    ...former.map(({ fingerprint, until }) => ({
      fingerprint,
      role: "signed before; offered until" as const,
      time: until,
    })),
  ];
}

/** Goes over to another key, so that clients come along. */
export async function rotate(options: Options & { readonly after?: string }): Promise<number> {
  const { places, further, head } = await open(options);
  const afterDays = days(options.after);
  const name = keyringName(places.repository.name);
  const keyring = !hasKeyring(head, places.repository.name);
  const rotation = { afterDays, keyring, keepDays };
  const keys = await rotateKey(places, rotation, new Date());
  for (const other of further) {
    if (await publishedKeys(other.repository)) await rotateKey(other, rotation, new Date());
  }
  if (options.json) process.stdout.write(`${JSON.stringify(rowsOf(keys), null, 2)}\n`);
  else tell(keys, name, keyring);
  return 0;
}

function tell({ signs, next, former }: KeyRecord, keyring: string, made: boolean): void {
  if (!next) {
    info(`${signs.fingerprint} signs now; everything that is published was signed with it.`);
    if (former[0])
      info(`${former.at(-1)!.fingerprint} is offered to clients until ${date(former.at(-1)!.until)}.`);
    info("Back it up: sluice key export --secret FILE");
    return;
  }
  info(
    `${next.fingerprint} signs everything from ${date(next.from)} on; until then ${signs.fingerprint} does.`,
  );
  info(
    made
      ? `Tell your clients to install ${keyring} before that day: with it they trust both keys.`
      : `Put both keys into your package ${keyring}, and tell your clients to upgrade it before that day.`,
  );
  info("`sluice up` goes over to it by itself. At once: sluice key rotate --after 0");
  info("Back up the new key now: sluice key export --secret FILE");
}

const date = (time: string): string => time.slice(0, 10);

/** The public keys that clients trust, or the secret key for a backup. */
export async function exportKey(options: Options & { readonly secret?: string }): Promise<number> {
  const { places } = await open(options);
  if (options.secret === undefined) {
    const { publicKey } = folderOf(places.repository);
    if (!(await publishedKeys(places.repository))) throw nothingYet();
    const text = await readFile(publicKey, "utf8");
    process.stdout.write(options.json ? `${JSON.stringify({ publicKeys: text }, null, 2)}\n` : text);
    return 0;
  }
  const { key } = await openSigningKeys(places);
  const keys = await publishedKeys(places.repository);
  // Where a rotation is under way, the key to back up is the new one as well.
  const fingerprints = keys
    ? [keys.signs.fingerprint, ...(keys.next ? [keys.next.fingerprint] : [])]
    : [undefined];
  const homes = [key, { home: places.home }, { home: places.gnupgHome, id: "" }];
  const exported = [];
  for (const fingerprint of fingerprints) {
    const one = fingerprint === undefined ? key : await findKey(homes, fingerprint);
    exported.push(await exportSecretKey(one, fingerprint ?? one.id ?? ""));
  }
  await writeSecret(resolve(options.secret), Buffer.concat(exported));
  if (options.json) process.stdout.write(`${JSON.stringify({ file: options.secret }, null, 2)}\n`);
  info(
    `Wrote the secret key to ${options.secret}. Whoever has it can sign packages that your clients install.`,
  );
  return 0;
}

async function writeSecret(path: string, content: Buffer): Promise<void> {
  await writeFile(path, content, { mode: 0o600, flag: "wx" }).catch((error: unknown) => {
    if (systemCode(error) !== "EEXIST") throw error;
    throw new SluiceError("usage", `${path} exists already`, {
      hint: "Name a file that doesn't exist: a secret key is never written over anything.",
      facts: { path },
    });
  });
}

/** Takes a secret key, such as one out of a backup. */
export async function importKey(options: Options, file: string): Promise<number> {
  const { places } = await open(options);
  const keys = await publishedKeys(places.repository);
  // Git ignores it.
  await makeStateFolder(stateFolder(options));
  const fingerprints = await importLocalKey(places.home, resolve(file));
  if (options.json) process.stdout.write(`${JSON.stringify({ fingerprints }, null, 2)}\n`);
  info(`In ${places.home} now: ${fingerprints.join(", ")}`);
  if (keys && !fingerprints.includes(keys.signs.fingerprint)) {
    info(`${keys.signs.fingerprint} signed what is published. To go over to the new one: sluice key rotate`);
  }
  return 0;
}

/** @returns `further`: the same keys, and what they sign of further architectures */
async function open(
  options: Options,
): Promise<{ places: KeyPlaces; further: readonly KeyPlaces[]; head: Revision }> {
  const head = await readHead(openGit(findRoot(options.root), process.env));
  requireValidConfig(head.workspace);
  const settings = head.workspace.config;
  const where = {
    settings,
    state: stateFolder(options),
    own: keysFolder(options, settings.BUILD_REPO),
    gnupgHome: gnupgHome(),
  };
  const further = settings.CI_ARCHES.slice(1).map((arch) => keyPlaces(where, arch));
  return { places: keyPlaces(where), further, head };
}

function days(text = String(usualDays)): number {
  const number = Number(text);
  if (/^\d{1,3}$/.test(text)) return number;
  throw new SluiceError("usage", `--after: ${JSON.stringify(text)} is not a number of days`, {
    hint: "For example: --after 30",
  });
}

function nothingYet(): SluiceError {
  return new SluiceError("nothing-published", "nothing is published yet, so clients need no key", {
    hint: "Start with `sluice up`; it says how clients trust its key.",
  });
}
