import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { nearestName } from "../../nearest-name.ts";
import { openQueue } from "../../manager/installation.ts";
import { foldersOf } from "../../manager/folders.ts";
import { sendTest } from "../../manager/notifications/send-test.ts";
import { isStatus, type TargetSettings } from "../../notify/settings.ts";
import { formatTable } from "../output/table.ts";
import { info } from "../output/report.ts";
import { duration } from "../output/time.ts";
import { type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { notifyFile, readTargetsHere } from "../wiring/service/notifier.ts";

interface Options extends InstallationOptions {
  readonly test?: string;
  readonly json?: boolean;
}

/** Lists the targets of notifications, or sends one of them a message to see that it arrives. */
export async function notify(options: Options): Promise<number> {
  const { state } = foldersOf(stateFolder(options));
  const targets = await readTargetsHere(state, process.env);
  if (options.test === undefined) return list(state, targets, options);
  const target = targets.find(({ name }) => name === options.test);
  if (!target) throw unknown(options.test, targets, state);
  await sendTest(target, Date.now()).catch((error: unknown) => {
    throw notSent(error, target.name);
  });
  if (options.json) process.stdout.write(`${JSON.stringify({ target: target.name, kind: target.kind })}\n`);
  else info(isStatus(target) ? `${target.name}: the token is right` : `${target.name}: sent`);
  return 0;
}

async function list(state: string, targets: readonly TargetSettings[], { json }: Options): Promise<number> {
  if (targets.length === 0 && !json) {
    info(
      `No notifications are sent: ${join(state, notifyFile)} names no target. docs/notifications.md shows how.`,
    );
    return 0;
  }
  const queue = await openQueue(state);
  const readers = await queue.readers().finally(() => queue.close());
  const rows = targets.map((target) => {
    const since = readers.find(({ reader }) => reader === target.name)?.behindSince ?? null;
    return {
      name: target.name,
      kind: target.kind,
      events: isStatus(target) ? ["commit statuses"] : target.events,
      packages: target.packages,
      behindSince: since,
    };
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  }
  const table = rows.map(({ name, kind, events, packages, behindSince }) => [
    name,
    kind,
    events.join(" "),
    packages.join(" "),
    behindSince === null ? "told all" : `since ${duration(Date.now() - behindSince)}`,
  ]);
  process.stdout.write(formatTable(["NAME", "KIND", "EVENTS", "PACKAGES", "WAITING"], table));
  return 0;
}

/** Hints about events that are sent again don't apply to a test. */
function notSent(error: unknown, name: string): unknown {
  if (!(error instanceof SluiceError) || error.code !== "notify-unavailable") return error;
  return new SluiceError(error.code, `${name}: ${error.message}`, {
    hint: `The test wasn't sent. Is the address right, and does its server run? Then: sluice notify --test ${name}`,
    facts: error.facts,
    exitCode: error.exitCode,
    cause: error,
  });
}

function unknown(name: string, targets: readonly TargetSettings[], state: string): SluiceError {
  const names = targets.map((target) => target.name);
  const nearest = nearestName(name, names);
  return new SluiceError("notify-target", `there is no target ${name}`, {
    hint: nearest
      ? `Did you mean ${nearest}?`
      : `Targets are tables of ${join(state, notifyFile)}; sluice notify lists them.`,
  });
}
