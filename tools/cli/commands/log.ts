import { createReadStream, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StringDecoder } from "node:string_decoder";
import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { logName } from "../../manager/log-name.ts";
import { openQueue } from "../../manager/installation.ts";
import { openGit } from "../../git/git.ts";
import { foldersOf, workspacesFolder } from "../../manager/folders.ts";
import type { Queue } from "../../queue/queue.ts";
import { printable } from "../output/report.ts";
import { readHead, requireWorkspace, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { findRoot } from "../wiring/root.ts";
import { stateFolder } from "../wiring/state-folder.ts";

interface Options extends InstallationOptions {
  readonly build?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Prints the log of a package's last build, or of the one that is named; `--follow` until that build has ended. */
export async function log(options: Options, pkgbase: string): Promise<number> {
  const state = stateFolder(options);
  if (!existsSync(state)) await requireWorkspace(options);
  const { logs } = foldersOf(state);
  const ids = await ownBuilds(options, pkgbase, await buildsOf(logs, pkgbase));
  const build = options.build === undefined ? ids.at(-1)! : buildNumber(options.build, pkgbase, ids);
  const path = join(logs, logName({ pkgbase, id: build }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ pkgbase, build, path, builds: ids }, null, 2)}\n`);
    return 0;
  }
  if (!options.follow) {
    await print(path, 0, new StringDecoder("utf8"));
    return 0;
  }
  const queue = existsSync(join(state, "queue.sqlite")) ? await openQueue(state) : undefined;
  try {
    await follow(path, () => isUnderWay(queue, build), stopSignal());
  } finally {
    await queue?.close();
  }
  return 0;
}

/** The builds of which there is a log, the newest last. */
async function buildsOf(logs: string, pkgbase: string): Promise<readonly number[]> {
  const folder = join(logs, pkgbase);
  const names = isPkgbase(pkgbase) && existsSync(folder) ? await readdir(folder) : [];
  const ids = names.flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number);
  if (ids.length > 0) return ids.toSorted((a, b) => a - b);
  throw noLog(logs, pkgbase);
}

/** Several workspaces of one manager may have packages of one name; theirs are those of the workspace that is here. */
async function ownBuilds(
  options: Options,
  pkgbase: string,
  ids: readonly number[],
): Promise<readonly number[]> {
  const state = stateFolder(options);
  if (!existsSync(join(state, workspacesFolder))) return ids;
  const { BUILD_REPO, CI_ARCHES } = (await readHead(openGit(findRoot(options.root), process.env))).workspace
    .config;
  const queue = await openQueue(state);
  try {
    const { builds } = await queue.state();
    const histories = await Promise.all(
      CI_ARCHES.map((arch) => queue.history({ key: { target: BUILD_REPO, arch, pkgbase }, limit: 10_000 })),
    );
    const own = new Set(
      [...builds.filter(({ target }) => target === BUILD_REPO), ...histories.flat()].map(({ id }) => id),
    );
    const found = ids.filter((id) => own.has(id));
    if (found.length === 0) throw noLog(foldersOf(state).logs, pkgbase);
    return found;
  } finally {
    await queue.close();
  }
}

function noLog(logs: string, pkgbase: string): SluiceError {
  return new SluiceError("no-log", `there is no log of ${JSON.stringify(pkgbase)} in ${logs}`, {
    hint: "Logs lie where the package was built, for LOG_DAYS days; `sluice status` says what failed, --state names another folder.",
    facts: { pkgbase, path: logs },
  });
}

function buildNumber(text: string, pkgbase: string, ids: readonly number[]): number {
  const build = ids.find((id) => String(id) === text);
  if (build !== undefined) return build;
  throw new SluiceError("no-log", `there is no log of build ${JSON.stringify(text)} of ${pkgbase}`, {
    hint: `There are: ${ids.slice(-20).join(", ")}.`,
    facts: { pkgbase },
  });
}

/** Also while it waits for another try, which goes on in the same log. */
async function isUnderWay(queue: Queue | undefined, build: number): Promise<boolean> {
  const { builds } = (await queue?.state()) ?? { builds: [] };
  return builds.some(({ id }) => id === build);
}

const lookEveryMs = 300;

/** What is written before the build ends is still printed: it is read once more after that. */
async function follow(path: string, goesOn: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let from = 0;
  for (let isLast = false; !isLast && !signal.aborted;) {
    isLast = !(await goesOn());
    from = await print(path, from, decoder);
    if (!isLast) await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Prints what a file holds from a byte on, and returns up to which byte. */
async function print(path: string, from: number, decoder: StringDecoder): Promise<number> {
  const { size } = await stat(path);
  if (size <= from) return from;
  for await (const chunk of createReadStream(path, { start: from, end: size - 1 })) {
    process.stdout.write(printable(decoder.write(chunk as Buffer)));
  }
  return size;
}
