import type { WorkspaceAddress } from "../../../manager/builder-protocol.ts";
import { handOut, type HandOut, type HandOutOptions } from "../../../manager/builders/hand-out.ts";
import { writeLiveBuilders } from "../../../manager/builders/live-builders.ts";
import type { Installation, Installations } from "../../../manager/installation.ts";
import type { RedisAddress } from "../../../queue/bullmq/redis-address.ts";
import { warn } from "../../output/report.ts";
import type { Opened } from "../installation.ts";
import { workspaceUrl } from "./workspace-url.ts";

/** Offers builds to builders elsewhere. */
export async function handOutTo(
  redis: RedisAddress,
  { installations, head, jobs, archs }: Opened,
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
    buildsHere: jobs > 0 ? (archs ?? all) : [],
  });
}

/** Names the architectures that this machine doesn't build for. Other commands say it, too, as long as this one runs. */
export async function warnOfOthers(
  installations: Installations,
  archs: readonly string[],
  over: AbortSignal,
): Promise<void> {
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const others = all.filter((arch) => !archs.includes(arch));
  warn(
    `nobody builds for ${others.join(", ")}: this machine can't, or not without --cross; let \`sluice builder\` take part on one that can (REDIS_HOST)`,
  );
  const { state } = installations[0].folders;
  const write = (): Promise<void> => writeLiveBuilders(state, [], { at: Date.now(), here: archs });
  await write();
  const timer = setInterval(() => void write().catch(() => undefined), 10_000);
  over.addEventListener("abort", () => clearInterval(timer));
}
