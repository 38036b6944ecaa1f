import type { WorkspaceAddress } from "../../../manager/builder-protocol.ts";
import { handOut, type HandOut, type HandOutOptions } from "../../../manager/builders/claims/hand-out.ts";
import { writeLiveBuilders } from "../../../manager/builders/live-builders.ts";
import type { Installation } from "../../../manager/installation.ts";
import type { RedisAddress } from "../../../queue/bullmq/redis-address.ts";
import { warn } from "../../output/report.ts";
import type { Opened } from "../installation.ts";
import { workspaceUrl } from "./workspace-url.ts";

/** Offers builds to builders elsewhere. */
export async function handOutTo(
  redis: RedisAddress,
  { installations, head, jobs, archs, worker }: Opened,
  watcher: HandOutOptions["watcher"],
  onThisMachine: boolean,
): Promise<HandOut> {
  const { git } = installations[0];
  const url = onThisMachine ? git.dir : await workspaceUrl(git, process.env);
  const { REPO_NAME } = head.workspace.config;
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const workspaceOf = ({ workspace }: Installation): WorkspaceAddress =>
    workspace ?? { name: REPO_NAME, url };
  return handOut(installations, {
    redis,
    workspaceOf,
    watcher,
    worker,
    buildsHere: jobs > 0 ? (archs ?? all) : [],
  });
}

/**
 * Says in the state folder that this machine builds, for other commands, as long as this one runs. Architectures for
 * which it doesn't are named.
 *
 * @param archs those for which it builds; default: all
 */
export async function buildAlone(
  { installations, archs, worker }: Pick<Opened, "installations" | "archs" | "worker">,
  over: AbortSignal,
): Promise<void> {
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const here = archs ?? all;
  const others = all.filter((arch) => !here.includes(arch));
  if (others.length > 0)
    warn(
      `nobody builds for ${others.join(", ")}: this machine can't, or not without --cross; let \`sluice builder\` take part on one that can (REDIS_HOST)`,
    );
  const { state } = installations[0].folders;
  const write = (): Promise<void> => writeLiveBuilders(state, [], { at: Date.now(), here, worker });
  await write();
  const timer = setInterval(() => void write().catch(() => undefined), 10_000);
  over.addEventListener("abort", () => clearInterval(timer));
}
