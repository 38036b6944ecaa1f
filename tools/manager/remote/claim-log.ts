import { rm } from "node:fs/promises";
import { join } from "node:path";
import { namcapOf, openLog, timesOf, type BuildLog } from "../../builder/log.ts";
import type { FinishRequest, RemoteClaim } from "../builder-protocol.ts";
import type { Unbuilt } from "../builds/run-build.ts";
import { streamLog } from "./log-stream.ts";
import type { ManagerClient } from "./manager-client.ts";

export interface BuildSignals {
  readonly cancelled: AbortSignal;
  readonly gone: AbortSignal;
  readonly handBack: AbortSignal;
}

/**
 * Does something whose log goes to the manager while it grows. Nothing of it is left here afterwards.
 *
 * @param action gets the log, its path, and what resolves once all of it was sent
 */
export async function withClaimLog<T>(
  manager: ManagerClient,
  logs: string,
  claim: RemoteClaim,
  gone: AbortSignal,
  action: (log: BuildLog, path: string, sendAll: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const path = join(logs, claim.pkgbase, `${claim.build}-${claim.token}.log`);
  const send = (at: number, piece: Uint8Array): Promise<number> => manager.log(claim, at, piece, gone);
  const stream = streamLog(path, claim.logAt, send, gone);
  const log = openLog(path, () => stream.grown());
  try {
    return await action(log, path, () => stream.end());
  } finally {
    log.close();
    for (const each of [path, timesOf(path), namcapOf(path)]) await rm(each, { force: true });
  }
}

/** How a build that made nothing ended, for the manager. */
export function resultOf(
  { outcome, message = "", reason }: Unbuilt,
  { cancelled, handBack }: BuildSignals,
): FinishRequest {
  if (outcome === "cancelled" && handBack.aborted && !cancelled.aborted) {
    return { outcome: "lost", message: "the builder was stopped" };
  }
  // Whether something is published already is the manager's to say.
  return {
    outcome: outcome === "already-built" ? "skipped" : outcome,
    message: message.slice(0, 4000),
    ...(reason && { reason }),
  };
}
