import type { Queue, QueueState } from "../../queue/queue.ts";
import type { QueueEvent } from "../../queue/events.ts";

/** What a queue holds and what happens in it, read once for however many look. */
export interface Feed {
  state(): Promise<QueueState>;
  /** How many events it has seen: what was read before one of them may be out of date. */
  seen(): number;
  /** Each event after that number, or from now on; `missed` where some in between are forgotten. */
  follow(after: number | undefined, signal: AbortSignal): AsyncIterable<QueueEvent | "missed">;
  close(): Promise<void>;
}

const remembered = 1000;

export async function openFeed(queue: Queue): Promise<Feed> {
  const first = await queue.state();
  const over = new AbortController();
  const recent: QueueEvent[] = [];
  const waiting = new Set<() => void>();
  const begun = Math.max(0, first.seq - remembered);
  let seq = first.seq;
  let state: Promise<QueueState> | undefined = Promise.resolve(first);
  /** All events after this one are remembered. */
  let oldest = begun;

  async function listen(): Promise<void> {
    for await (const event of queue.events({ after: begun, signal: over.signal })) {
      recent.push(event);
      if (recent.length > remembered) oldest = recent.shift()!.seq;
      seq = Math.max(seq, event.seq);
      if (event.seq > first.seq) state = undefined;
      wake();
    }
  }

  function wake(): void {
    for (const resolve of waiting) resolve();
    waiting.clear();
  }

  let isDeaf = false;
  // Where events can't be read, the state is asked for each time, which says why.
  const listening = listen().catch(() => {
    isDeaf = true;
    over.abort();
    wake();
  });
  return {
    state() {
      if (isDeaf) state = undefined;
      const reading = (state ??= queue.state());
      reading.catch(() => {
        if (state === reading) state = undefined;
      });
      return reading;
    },
    seen: () => seq,
    async *follow(after, signal) {
      let cursor = after ?? seq;
      // A number that was never given comes from another queue.
      if (cursor < oldest || cursor > seq) {
        yield "missed";
        cursor = seq;
      }
      while (!signal.aborted && !over.signal.aborted) {
        if (cursor < oldest) {
          yield "missed";
          cursor = seq;
        }
        const event = recent.find((one) => one.seq > cursor);
        if (event) {
          cursor = event.seq;
          yield event;
        } else {
          await nextEvent(signal);
        }
      }
    },
    async close() {
      over.abort();
      wake();
      await listening;
    },
  };

  function nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        waiting.delete(done);
        resolve();
      };
      signal.addEventListener("abort", done);
      waiting.add(done);
    });
  }
}
