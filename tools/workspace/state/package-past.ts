import type { PastEvent } from "../../gate/review/history-section.ts";

/** What a package's state remembers of it. */
interface Remembered {
  readonly past?: readonly PastEvent[] | undefined;
  readonly maintainers?: readonly string[] | undefined;
}

/** The newest ones that are kept of a package: enough for what a reviewer wants to know, and half a kilobyte. */
export const mostEvents = 24;

/** The state with one more event in it. `now`: in milliseconds since 1970. */
export function noted<State extends Remembered>(
  state: State,
  what: Exclude<PastEvent["what"], "left">,
  now: number,
): State {
  return withEvent(state, { what, at: Math.floor(now / 1000) });
}

/** The same for a refusal, which is told again and again: once for what was held last. */
export function notedRefusal<State extends Remembered>(state: State, now: number): State {
  const last = state.past?.findLast(({ what }) => what !== "left");
  return last?.what === "refused" ? state : noted(state, "refused", now);
}

/** The state with these as the accepted maintainers, who are remembered where they aren't those before. */
export function withMaintainers<State extends Remembered>(
  state: State,
  maintainers: readonly string[] | undefined,
  now: number,
): State {
  const before = state.maintainers;
  const accepted = { ...state, maintainers };
  if (!before || !maintainers || sameNames(before, maintainers)) return accepted;
  return withEvent(accepted, { what: "left", at: Math.floor(now / 1000), maintainers: before });
}

function withEvent<State extends Remembered>(state: State, event: PastEvent): State {
  return { ...state, past: [...(state.past ?? []), event].slice(-mostEvents) };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** Oldest first; what can't be understood is left out. */
export function parsePast(text: string | undefined): readonly PastEvent[] | undefined {
  const events = text?.split(",").flatMap((each): PastEvent[] => {
    const [, what, at = "", names = ""] =
      /^(held|accepted|refused|left):(\d{1,12})(?::([\w.@+/-]*))?$/.exec(each) ?? [];
    if (what === undefined) return [];
    if (what !== "left") return [{ what: what as "held" | "accepted" | "refused", at: Number(at) }];
    return [{ what, at: Number(at), maintainers: names.split("/").filter((name) => name !== "") }];
  });
  return events && events.length > 0 ? events.slice(-mostEvents) : undefined;
}

export function formatPast(past: readonly PastEvent[] | undefined): string | undefined {
  if (!past || past.length === 0) return undefined;
  return past
    .map((event) => {
      const text = `${event.what}:${event.at}`;
      return event.what === "left" ? `${text}:${event.maintainers.join("/")}` : text;
    })
    .join(",");
}
