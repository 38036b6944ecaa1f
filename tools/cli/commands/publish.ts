import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { goesOn, readJobResults } from "../../manager/runners/job-results.ts";
import { openRepository } from "../../manager/installation.ts";
import { completePackages } from "../../manager/reconcile/complete-packages.ts";
import { publishJobResults } from "../../manager/runners/publish-results.ts";
import { rotateWhenDue } from "../../manager/rotation.ts";
import { difference } from "../../manager/reconcile/reconcile.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { readHead, stateFolder, type InstallationOptions } from "../wiring/installation.ts";
import { info, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { formatTable } from "../output/table.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Publishes what `sluice build-into` left in folders. */
export async function publish(options: Options, folders: readonly string[]): Promise<number> {
  const head = await readHead(openGit(findRoot(options.root), process.env));
  requireValidConfig(head.workspace);
  const jobResults = await readJobResults(folders.map((folder) => resolve(folder)));
  const repository = await openRepository({
    settings: head.workspace.config,
    state: stateFolder(options),
    gnupgHome: process.env["GNUPGHOME"] ?? join(homedir(), ".gnupg"),
  });
  await rotateWhenDue(repository, new Date()).catch((error: unknown) => {
    if (!(error instanceof SluiceError)) throw error;
    warn(`the next key doesn't sign yet: ${error.message}`);
  });
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
