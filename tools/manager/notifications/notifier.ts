import { setTimeout } from "node:timers/promises";
import { openForge } from "../../forge/open-forge.ts";
import { openTarget } from "../../notify/open-target.ts";
import { isStatus, isWanted, type StatusSettings, type TargetSettings } from "../../notify/settings.ts";
import type { ObservedQueue, UnreadEvent } from "../../queue/event-readers.ts";
import { saidOnce } from "../said-once.ts";
import type { SluiceError } from "../../errors.ts";
import type { Links } from "./links.ts";
import { followHeldUpdates, type HeldOptions } from "./held-updates.ts";
import { bunch, noticeOf } from "./notices.ts";
import { paces } from "./pace.ts";
import { keepSending, sendNow, type Outgoing, type Pace, type SenderOptions } from "./sender.ts";
import { statusPlanner } from "./statuses.ts";

export interface NotifierOptions {
  readonly queue: ObservedQueue;
  readonly targets: readonly TargetSettings[];
  readonly links: Links;
  /** Updates that wait for a person, and the repository that they are for. */
  readonly held?: Pick<HeldOptions, "reviews" | "of">;
  /** Which process this is; unique among those that run. */
  readonly owner: string;
  readonly troubled: (error: SluiceError) => void;
  readonly pace?: (kind: TargetSettings["kind"]) => Pace;
}

/** Tells all targets what happens from now on, each by itself. */
export interface Notifier {
  /** Tries once more to send what is left, for a few seconds at most; the next start sends the rest. */
  close(): Promise<void>;
}

/** How long the end of a process waits for a server that doesn't answer; milliseconds. */
const longestEnd = 10_000;

/** @throws SluiceError `forge-options` where a target can't be right */
export async function startNotifier(options: NotifierOptions): Promise<Notifier> {
  const over = new AbortController();
  const senders = await Promise.all(options.targets.map((target) => senderOf(target, options, over.signal)));
  const running = Promise.all([
    ...senders.map(({ sender }) => keepSending(sender)),
    followHeld(options, over.signal),
  ]);
  return {
    async close() {
      over.abort();
      const told = running.then(() => Promise.all(senders.map(tellOnce)));
      await Promise.race([told, setTimeout(longestEnd, undefined, { ref: false })]);
      for (const { close } of senders) close();
    },
  };
}

/** Looking at them costs requests, so only where somebody wants to know. */
async function followHeld(
  { held, queue, targets, troubled }: NotifierOptions,
  signal: AbortSignal,
): Promise<void> {
  const isWantedHere = targets.some((target) => !isStatus(target) && target.events.includes("review"));
  if (!held || !isWantedHere) return;
  await followHeldUpdates({ ...held, queue, sleep, troubled: saidOnce(troubled), signal });
}

const sleep = (ms: number, until: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal: until, ref: false }).catch(() => undefined);

async function tellOnce({ sender }: Opened): Promise<void> {
  const { signal } = new AbortController();
  await sendNow({ ...sender, signal }).catch((error: unknown) => sender.troubled(error));
}

interface Opened {
  readonly sender: SenderOptions;
  close(): void;
}

async function senderOf(
  settings: TargetSettings,
  { queue, links, owner, troubled, pace = (kind) => paces[kind] }: NotifierOptions,
  signal: AbortSignal,
): Promise<Opened> {
  const { plan, close } = await planOf(settings, { queue, links });
  const said = saidOnce(troubled);
  const sender: SenderOptions = {
    queue,
    reader: settings.name,
    owner,
    plan,
    pace: pace(settings.kind),
    sleep,
    troubled: said,
    signal,
  };
  return { sender, close };
}

type Plan = (events: readonly UnreadEvent[]) => Promise<readonly Outgoing[]>;

async function planOf(
  settings: TargetSettings,
  { queue, links }: Pick<NotifierOptions, "queue" | "links">,
): Promise<{ readonly plan: Plan; close(): void }> {
  if (isStatus(settings)) {
    const forge = await forgeOfTarget(settings);
    return { plan: statusPlanner(settings, { queue, forge, links }), close: () => undefined };
  }
  const target = await openTarget(settings);
  return {
    plan: async (events) => {
      const notices = events.flatMap((event) => noticeOf(event, links) ?? []);
      return bunch(notices.filter((notice) => isWanted(settings, notice))).map((message) => ({
        seqs: message.notices.map(({ seq }) => seq),
        send: () => target.send(message),
      }));
    },
    close: () => target.close(),
  };
}

/** @throws SluiceError `forge-options` */
export function forgeOfTarget({ kind, api, project, token }: StatusSettings): ReturnType<typeof openForge> {
  return openForge(kind, { apiUrl: api, project, token, targetBranch: "main" });
}
