import { resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { goesOn, readJobResults } from "../../manager/runners/job-results.ts";
import { keepDays, keyPlaces, openRepository } from "../../manager/installation.ts";
import { completePackages } from "../../manager/reconcile/complete-packages.ts";
import { adoptPublished } from "../../manager/runners/adopt-published.ts";
import { publishJobResults } from "../../manager/runners/publish-results.ts";
import { hasKeyring, rotateKey, rotateWhenDue, usualDays } from "../../manager/keys/rotation.ts";
import { difference } from "../../manager/reconcile/reconcile.ts";
import type { Revision } from "../../manager/reconcile/revision.ts";
import type { Repository } from "../../pkgrepo/repository.ts";
import type { KeyPlaces } from "../../manager/keys/signing-keys.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { gnupgHome, readHead, type InstallationOptions } from "../wiring/installation.ts";
import { requireOwnWorkspace, stateFolder } from "../wiring/state-folder.ts";
import { info, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { formatTable } from "../output/table.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
  readonly adopt?: string;
}

/** Publishes what `sluice build-into` left in folders, or what another tool has published. */
export async function publish(options: Options, folders: readonly string[]): Promise<number> {
  if ((options.adopt === undefined) === (folders.length === 0)) {
    throw new SluiceError("usage", "name folders that build-into wrote, or a database with --adopt", {
      hint: "For example: sluice publish built",
    });
  }
  requireOwnWorkspace(options);
  const head = await readHead(openGit(findRoot(options.root), process.env));
  requireValidConfig(head.workspace);
  const jobResults = await readJobResults(folders.map((folder) => resolve(folder)));
  const place = {
    settings: head.workspace.config,
    state: stateFolder(options),
    gnupgHome: gnupgHome(),
  };
  const repository = await openRepository(place).catch(async (error: unknown) => {
    // Nobody can give a command where runners publish: committing another SIGNING_KEY is the wish.
    const isWish = error instanceof SluiceError && error.code === "signing-key-changed";
    if (!isWish || head.workspace.config.CI_SCHEDULE_TO !== "runners") throw error;
    await announce(keyPlaces(place), head);
    return openRepository(place);
  });
  await rotateWhenDue(repository, new Date()).catch((error: unknown) => {
    if (!(error instanceof SluiceError)) throw error;
    warn(`the next key doesn't sign yet: ${error.message}`);
  });
  if (options.adopt !== undefined) return adopt(repository, head, resolve(options.adopt), options);
  const results = await publishJobResults(repository, head, [...jobResults.values()], new Date());
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length === 0) info("There was nothing to publish.");
  else {
    const rows = results.map(({ pkgbase, outcome, message }) => [pkgbase, outcome, message]);
    process.stdout.write(formatTable(["PKGBASE", "OUTCOME", ""], rows));
  }
  const lacking = difference(head, await completePackages(repository)).builds;
  for (const { pkgbase, reason } of lacking) warn(`${pkgbase} isn't published as main has it: ${reason}`);
  if (lacking.length > 0) info("To build what no pipeline is building now: sluice schedule PKGBASE…");
  return results.every(goesOn) ? 0 : 1;
}

async function adopt(
  repository: Repository,
  head: Revision,
  database: string,
  { json }: Options,
): Promise<number> {
  const results = await adoptPublished(repository, head, database, new Date());
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else {
    const rows = results.map(({ pkgbase, outcome, message }) => [pkgbase, outcome, message]);
    process.stdout.write(formatTable(["PKGBASE", "OUTCOME", ""], rows));
  }
  const lacking = difference(head, await completePackages(repository)).builds.length;
  info(`${lacking} of main's packages aren't published as it has them; sluice up builds those alone.`);
  return 0;
}

async function announce(places: KeyPlaces, head: Revision): Promise<void> {
  const keyring = !hasKeyring(head, places.repository.name);
  const { signs, next } = await rotateKey(places, { afterDays: usualDays, keyring, keepDays }, new Date());
  if (!next) return;
  warn(
    `${next.fingerprint} signs everything from ${next.from.slice(0, 10)} on; until then ${signs.fingerprint} does, so keep both in SIGNING_KEY_FILE`,
  );
}
