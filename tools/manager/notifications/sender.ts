import { SluiceError } from "../../errors.ts";
import type { ReaderLease, ObservedQueue, UnreadEvent } from "../../queue/event-readers.ts";

/** One thing to send. `seqs`: the events in it; after a crash those that weren't sent make new messages. */
export interface Outgoing {
  readonly seqs: readonly number[];
  send(): Promise<void>;
}

/** How a sender spends its time; milliseconds. */
export interface Pace {
  /** From the first event to the message, so that what happens together is sent together. It doubles while more comes. */
  readonly gather: number;
  readonly longestGather: number;
  /** Between two messages. */
  readonly apart: number;
  /** After the first failure; it doubles. */
  readonly backoff: number;
  readonly longestBackoff: number;
  /** Where a person has to put something right. */
  readonly setup: number;
}

export interface SenderOptions {
  readonly queue: ObservedQueue;
  /** Its place in the events. */
  readonly reader: string;
  readonly owner: string;
  readonly plan: (events: readonly UnreadEvent[]) => Promise<readonly Outgoing[]>;
  readonly pace: Pace;
  /** Resolves after so many milliseconds, at once when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly troubled: (error: unknown) => void;
  readonly signal: AbortSignal;
}

const leaseMs = 15_000;

/**
 * Tells one target what happens, at least once and in order, for as long as it takes: each event is marked as read after
 * its message was taken. It holds nobody up but itself.
 */
export async function keepSending(options: SenderOptions): Promise<void> {
  const { queue, reader, owner, pace, sleep, signal } = options;
  const lease = { owner, leaseMs };
  let gather = pace.gather;
  let seen: number | undefined;
  while (!signal.aborted) {
    try {
      const unread = await queue.unread(reader, lease);
      if (unread === undefined) {
        await sleep(leaseMs / 4, signal);
        continue;
      }
      seen ??= await placeOf(queue, reader);
      if (unread.length === 0) {
        gather = pace.gather;
        await nextEvent(queue, seen, signal);
        continue;
      }
      await sleep(gather, signal);
      if (signal.aborted) return;
      const all = (await queue.unread(reader, lease)) ?? [];
      const { sent } = await sendAll(options, lease, all, "for as long as it takes");
      seen = all.at(-1)?.event.seq ?? seen;
      gather = sent > 0 ? Math.min(2 * gather, pace.longestGather) : pace.gather;
    } catch (error) {
      // The queue can't be read or written: that is said by all who use it.
      options.troubled(error);
      await sleep(pace.longestBackoff, signal);
    }
  }
}

/** Tells what was not told yet, each message tried once; what the target doesn't take now stays unread. */
export async function sendNow(options: SenderOptions): Promise<void> {
  const lease = { owner: options.owner, leaseMs };
  const unread = await options.queue.unread(options.reader, lease);
  if (unread) await sendAll(options, lease, unread, "once");
}

async function sendAll(
  options: SenderOptions,
  lease: ReaderLease,
  unread: readonly UnreadEvent[],
  effort: Effort,
): Promise<{ readonly sent: number }> {
  const { queue, reader, plan, pace, sleep, signal } = options;
  const outgoing = await plan(unread);
  /** How many messages tell of an event and aren't sent. */
  const left = new Map<number, number>();
  for (const seq of outgoing.flatMap(({ seqs }) => seqs)) left.set(seq, (left.get(seq) ?? 0) + 1);
  let sent = 0;
  const mark = async (result: "sent" | "refused" | "nothing"): Promise<boolean> => {
    const firstLeft = unread.find(({ event }) => left.has(event.seq))?.event.seq;
    const last = unread.at(-1)?.event.seq ?? 0;
    const upTo = firstLeft === undefined ? last : firstLeft - 1;
    const besides = unread.map(({ event }) => event.seq).filter((seq) => seq > upTo && !left.has(seq));
    const counts = { sent: result === "sent" ? 1 : 0, refused: result === "refused" ? 1 : 0 };
    return queue.markRead(reader, lease, { upTo, besides, ...counts });
  };
  if (outgoing.length === 0) await mark("nothing");
  for (const message of outgoing) {
    const result = await deliver(options, lease, message, effort);
    if (result === "given up") return { sent };
    for (const seq of message.seqs) {
      const others = left.get(seq)! - 1;
      if (others > 0) left.set(seq, others);
      else left.delete(seq);
    }
    if (!(await mark(result))) return { sent };
    sent++;
    if (left.size > 0) await sleep(pace.apart, signal);
    if (signal.aborted) return { sent };
  }
  return { sent };
}

type Effort = "once" | "for as long as it takes";

async function deliver(
  { queue, reader, pace, sleep, troubled, signal }: SenderOptions,
  lease: ReaderLease,
  message: Outgoing,
  effort: Effort,
): Promise<"sent" | "refused" | "given up"> {
  for (let backoff = pace.backoff; ; backoff = Math.min(2 * backoff, pace.longestBackoff)) {
    try {
      await message.send();
      return "sent";
    } catch (error) {
      troubled(error);
      const kind = kindOf(error);
      if (kind === "refused") return "refused";
      if (effort === "once" || signal.aborted) return "given up";
      await sleep(Math.max(kind === "setup" ? pace.setup : backoff, askedWait(error)), signal);
      if (signal.aborted) return "given up";
      // Another process may have taken it over in the meantime.
      if (!(await queue.markRead(reader, lease, { upTo: 0, besides: [], sent: 0, refused: 0 }))) {
        return "given up";
      }
    }
  }
}

const setupCodes = new Set(["notify-setup", "forge-token", "forge-permission"]);

/** What a defect keeps from being sent is left out, since it would stop all that comes after it. */
function kindOf(error: unknown): "unavailable" | "setup" | "refused" {
  if (!(error instanceof SluiceError)) return "refused";
  if (setupCodes.has(error.code)) return "setup";
  return error.code === "notify-unavailable" || error.code === "forge-unavailable"
    ? "unavailable"
    : "refused";
}

/** At most an hour, whatever a server says. */
function askedWait(error: unknown): number {
  const seconds = error instanceof SluiceError ? error.facts["retryAfter"] : undefined;
  return typeof seconds === "number" ? Math.min(1000 * seconds, 3600_000) : 0;
}

async function placeOf(queue: ObservedQueue, reader: string): Promise<number> {
  return (await queue.readers()).find((one) => one.reader === reader)?.upTo ?? 0;
}

async function nextEvent(queue: ObservedQueue, after: number, signal: AbortSignal): Promise<void> {
  for await (const _event of queue.events({ after, signal })) return;
}
