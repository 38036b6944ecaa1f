import { existsSync } from "node:fs";
import { join } from "node:path";
import { heldUpdates, type HeldUpdate } from "../../ci/operations/reviews/held-updates.ts";
import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { openQueue } from "../../manager/installation.ts";
import { foldersOf } from "../../manager/folders.ts";
import { describeWaiting, readLiveBuilders, type Takers } from "../../manager/builders/live-builders.ts";
import { releaseOf } from "../../manager/releases/record/release-key.ts";
import { publishedPlaces, readBuildingStatus, type BuildingStatus } from "../../manager/status.ts";
import { duration } from "../output/time.ts";
import { info, warn } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { readHead, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { operationPorts } from "../wiring/operation.ts";
import { findRoot } from "../wiring/root.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** What needs a person, what goes on by itself, what is published. 1 where a person is needed. */
export async function status(options: Options): Promise<number> {
  const git = openGit(findRoot(options.root), process.env);
  const head = await readHead(git);
  const state = stateFolder(options);
  const queue = existsSync(join(state, "queue.sqlite")) ? await openQueue(state) : undefined;
  const { config, packages } = head.whole;
  const places = publishedPlaces(git, foldersOf(state).repositories, config);
  const reading = Promise.all([readBuildingStatus(queue, places, head.commit), queue?.drained() ?? []]);
  const [{ outdated: _, ...building }, drained] = await reading.finally(() => queue?.close());
  const held = await heldOrWarn(options);
  const needsPerson = building.failing.length + held.filter(({ refused }) => !refused).length > 0;
  if (options.json) {
    const found = { commit: head.commit, packages: packages.size, needsPerson, ...building, held };
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return needsPerson ? 1 : 0;
  }
  const now = Date.now();
  const isBuiltHere = queue !== undefined || building.lastPublished !== undefined;
  const named = config.CI_ARCHES.length > 1 ? withArch : ({ pkgbase }: Named) => pkgbase;
  const takers = { living: await readLiveBuilders(state, now), drained };
  const pending = isBuiltHere ? pendingRows(building, named, takers, now) : [];
  const rows = [...failingRows(building, named, now), ...heldRows(held), ...pending];
  if (rows.length > 0) process.stdout.write(`${formatTable(["", "PKGBASE", "SINCE", "WHY"], rows)}\n`);
  const { lastPublished } = building;
  const last = lastPublished === undefined ? "" : `, the last ${duration(now - lastPublished)} ago`;
  info(
    isBuiltHere
      ? `${building.published} of ${packages.size} packages are published as main has them${sayResting(building)}${last}.`
      : `Nothing was ever built in ${state}: sluice up builds, --state names another folder.`,
  );
  if (building.failing.length > 0) info("What a build said: sluice log PKGBASE");
  if (held.some(({ refused }) => !refused)) info("What is held, and why: sluice review show PKGBASE");
  return needsPerson ? 1 : 0;
}

function sayResting({ resting: { onTrigger, foreign } }: Pick<BuildingStatus, "resting">): string {
  const waiting = onTrigger === 0 ? "" : `, ${onTrigger} wait for their trigger`;
  return foreign === 0 ? waiting : `${waiting}, ${foreign} are for other architectures alone`;
}

/** Where the remote can't be reached, what is known here is still shown. */
async function heldOrWarn(options: Options): Promise<readonly HeldUpdate[]> {
  try {
    return await heldUpdates({ ...operationPorts(options), progress: () => undefined });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    warn(`what is held for review isn't known: ${error.message}`);
    return [];
  }
}

interface Named {
  readonly pkgbase: string;
  readonly arch: string;
  readonly target?: string;
}

const withRelease = ({ pkgbase, target }: Named): string => `${pkgbase} (${target})`;

const withArch = ({ pkgbase, arch }: Named): string => `${pkgbase} (${arch})`;

function failingRows(
  { failing }: Pick<BuildingStatus, "failing">,
  named: (one: Named) => string,
  now: number,
): string[][] {
  return failing.map((one) => {
    const { outcome, message, since, firstCommit, builds } = one;
    const times = builds === 1 ? "" : `, ${builds} times`;
    const why = `since commit ${firstCommit.slice(0, 10)}${times}: ${message}`;
    return [outcome, named(one), duration(now - since), why];
  });
}

function heldRows(held: readonly HeldUpdate[]): string[][] {
  return held.map(({ pkgbase, refused }) =>
    refused
      ? ["refused", pkgbase, "", "somebody refused upstream's newest version"]
      : ["held", pkgbase, "", "an update waits for a person"],
  );
}

function pendingRows(
  {
    pending,
    pendingReleases,
    unscheduled,
  }: Pick<BuildingStatus, "pending" | "pendingReleases" | "unscheduled">,
  named: (one: Named) => string,
  takers: Takers,
  now: number,
): string[][] {
  return [
    ...[...pending, ...pendingReleases].map((build) => {
      const { status: standing, queuedAt, reasons } = build;
      const since = standing.kind === "active" ? standing.startedAt : queuedAt;
      const kinds = {
        active: "building",
        blocked: "blocked",
        held: "held",
        ready: "queued",
        waiting: "queued",
      } as const;
      const kind = standing.kind === "delayed" ? "queued" : kinds[standing.kind];
      return [
        kind,
        releaseOf(build) ? withRelease(build) : named(build),
        duration(now - since),
        `${describeWaiting(build, takers)}; ${reasons.join("; ")}`,
      ];
    }),
    ...unscheduled.map((one) => ["to build", named(one), "", `${one.reason}: sluice up`]),
  ];
}
