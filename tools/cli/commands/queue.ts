import { existsSync } from "node:fs";
import { join } from "node:path";
import { openQueue } from "../../manager/installation.ts";
import { describeWaiting, readLiveBuilders, type Takers } from "../../manager/builders/live-builders.ts";
import type { PendingBuild, QueueState } from "../../queue/queue.ts";
import { requireWorkspace, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { formatTable } from "../output/table.ts";
import { moment } from "../output/time.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** What waits, what runs, what is blocked and by whom. */
export async function queue(options: Options): Promise<number> {
  const state = stateFolder(options);
  if (!existsSync(join(state, "queue.sqlite"))) {
    await requireWorkspace(options);
    process.stdout.write(
      options.json ? '{ "builds": [], "removals": [] }\n' : "Nothing was ever queued here.\n",
    );
    return 0;
  }
  const opened = await openQueue(state);
  try {
    const found = await opened.state();
    const takers = {
      living: await readLiveBuilders(state, Date.now()),
      drained: await opened.drained(),
    };
    process.stdout.write(
      options.json ? `${JSON.stringify(found, null, 2)}\n` : describe(found, takers, Date.now()),
    );
    return 0;
  } finally {
    await opened.close();
  }
}

function describe({ builds, removals }: QueueState, takers: Takers, now: number): string {
  if (builds.length + removals.length === 0) return "The queue is empty.\n";
  // With one architecture and one repository nobody asks for which a build is.
  const several = (["target", "arch"] as const).filter(
    (what) => new Set(builds.map((build) => build[what])).size > 1,
  );
  const rows = [
    ...builds.map((build) => [
      several.length > 0
        ? `${build.pkgbase} (${several.map((what) => build[what]).join(", ")})`
        : build.pkgbase,
      build.class ?? "any",
      statusText(build, takers, now),
      build.reasons.join("; "),
    ]),
    ...removals.map((removal) => [removal.pkgbase, "", "to be removed", removal.reason]),
  ];
  return formatTable(["PKGBASE", "CLASS", "STATUS", "WHY"], rows);
}

function statusText(build: PendingBuild, takers: Takers, now: number): string {
  return describeWaiting(build, takers, (time) => moment(time, now));
}
