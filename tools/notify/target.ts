import { createHash } from "node:crypto";
import { SluiceError } from "../errors.ts";
import type { Bunch } from "./notice.ts";

/**
 * Where messages go. `send` throws a SluiceError; none holds a secret:
 * - `notify-unavailable`: not now. The fact `retryAfter` holds seconds, where known. The message may have arrived.
 * - `notify-setup`: what a person has to put right, such as a token.
 * - `notify-refused`: this very message won't ever be taken.
 */
export interface Target {
  send(bunch: Bunch): Promise<void>;
  close(): void;
}

/** The same for the same events, so that a receiver knows a message that it got before. */
export function messageId({ notices }: Bunch): string {
  const hash = createHash("sha256").update(notices.map(({ seq, at }) => `${seq}@${at}`).join(" "));
  return hash.digest("hex").slice(0, 32);
}

export function unavailable(host: string, why: string, retryAfter?: number): SluiceError {
  return new SluiceError("notify-unavailable", `${host} takes no messages now: ${why}`, {
    hint: "It is tried again until it does; nothing is lost.",
    facts: { host, retryAfter },
    exitCode: 1,
  });
}

export function wrongSetup(host: string, why: string, hint: string): SluiceError {
  return new SluiceError("notify-setup", `${host} doesn't let messages in: ${why}`, {
    hint: `${hint} It is tried again every few minutes; nothing is lost.`,
    facts: { host },
    exitCode: 1,
  });
}

export function refused(host: string, why: string): SluiceError {
  return new SluiceError("notify-refused", `${host} refused a message: ${why}`, {
    hint: "That message is left out; the next ones are sent.",
    facts: { host },
    exitCode: 1,
  });
}
