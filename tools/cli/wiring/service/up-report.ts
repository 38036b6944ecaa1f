import { installationOf, type Installations } from "../../../manager/installation.ts";
import { releaseOf } from "../../../manager/releases/record/release-key.ts";
import { unfinishedReleases } from "../../../manager/releases/unfinished.ts";
import { succeeded } from "../../../queue/outcome.ts";
import type { PendingBuild } from "../../../queue/queue.ts";
import type { BuildKey } from "../../../queue/submission.ts";
import { info } from "../../output/report.ts";
import { readHead } from "../installation.ts";

/** Says what a single run came to, and returns its exit code: 1 where something failed or is left. */
export async function outcome(
  installations: Installations,
  left: readonly PendingBuild[],
  { json }: { readonly json?: boolean },
): Promise<number> {
  const { queue, folders, git, repository } = installations[0];
  const { packages } = (await readHead(git)).whole;
  const isOurs = (key: BuildKey): boolean =>
    installationOf(installations, key) !== undefined &&
    (key.target !== repository.name || packages.has(key.pkgbase));
  const builds = left.filter((build) => !releaseOf(build));
  const pending = new Set(builds.map(({ pkgbase }) => pkgbase));
  const unreleased = await unfinishedReleases(installations[0], (await readHead(git)).commit);
  const failed = (await queue.packages()).filter(
    (record) => isOurs(record) && !succeeded(record.outcome) && !pending.has(record.pkgbase),
  );
  if (json) {
    const folder = folderHere(folders.repositories, installations);
    const notBuilt = failed.map(({ pkgbase, outcome: ended }) => ({ pkgbase, outcome: ended }));
    process.stdout.write(`${JSON.stringify({ folder, failed: notBuilt, left, unreleased }, null, 2)}\n`);
    return failed.length + left.length + unreleased.length === 0 ? 0 : 1;
  }
  for (const { release, failed: jobs } of unreleased) {
    info(`${release.project} ${release.channel} ${release.ref}: not released`);
    for (const { job, message } of jobs) info(`  ${job}: ${message}`);
  }
  if (failed.length + builds.length === 0) {
    process.stdout.write(`Published in ${folderHere(folders.repositories, installations)}\n`);
    return unreleased.length === 0 ? 0 : 1;
  }
  for (const { pkgbase, outcome: ended } of failed) info(`${pkgbase}: ${ended}`);
  let waiting = 0;
  for (const { pkgbase, status } of builds) {
    if (status.kind === "blocked") info(`${pkgbase}: blocked by ${status.by.join(", ")}`);
    else if (status.kind === "held") info(`${pkgbase}: held: ${status.why}`);
    else waiting++;
  }
  if (waiting > 0) info(`Stopped with ${waiting} to build; the next run continues with them.`);
  else info("The rest is published. Fix what failed with a commit, or try again with: sluice build PKGBASE");
  return 1;
}

/** With several architectures, that which holds them all. */
function folderHere(repositories: string, [{ repository }, ...others]: Installations): string {
  const folder = `${repositories}/${repository.name}`;
  return others.length > 0 ? folder : `${folder}/${repository.arch}`;
}

/** What clients have to do to install from it. */
export function howToUse(url: string, name: string, repositories: string): string {
  const key = `${url}/${name}/${name}.asc`;
  return `Serving ${repositories} at ${url}
What is built, waits and fails: ${url}/

To use it, trust its key and name it in /etc/pacman.conf:

    curl -O ${key}
    sudo pacman-key --add ${name}.asc
    gpg --show-keys --with-colons ${name}.asc | awk -F: '/^pub/ { p = 1 } /^fpr/ && p { print $10; p = 0 }' |
        xargs -n 1 sudo pacman-key --lsign-key

    [${name}]
    SigLevel = Required DatabaseRequired
    Server = ${url}/$repo/$arch

Then: sudo pacman -Syu && pacman -Sl ${name}
Logs of builds: ${url}/logs/PKGBASE/BUILD.log. Stop with Ctrl-C.

`;
}
