import type { EvidenceSection } from "./evidence.ts";
import { inertInline } from "./inert.ts";
import { count } from "./review-findings.ts";

/** What happened to a package's updates, as the branch `state` remembers it. Times are in seconds since 1970. */
export type PastEvent =
  /** An update was held; what was held came into main; somebody refused it. */
  | { readonly what: "held" | "accepted" | "refused"; readonly at: number }
  /** The accepted maintainers became others; these were those before, nobody for an orphan. */
  | { readonly what: "left"; readonly at: number; readonly maintainers: readonly string[] };

/** A commit of main that changed a package's recipe. */
export interface RecipeChange {
  /** A pipeline took an update by itself, a person accepted one, or a person changed the recipe. */
  readonly how: "taken" | "accepted" | "by hand";
  /** The author's name, as Git has it. */
  readonly by: string;
  /** In seconds since 1970. */
  readonly at: number;
}

/** What is known of a package's past. */
export interface PackageHistory {
  /** Newest first. */
  readonly changes: readonly RecipeChange[];
  /** Whether that is all of main's history. */
  readonly isWhole: boolean;
  /** Oldest first. */
  readonly past: readonly PastEvent[];
  /** The maintainers as last accepted; undefined where none are known. */
  readonly maintainers: readonly string[] | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** For how many days a change of hands is news. */
const newsDays = 90;
const acceptedShown = 5;

/** Who maintained the package since when, how its recipe changed, how often it was held and what was decided. */
export function historySection(history: PackageHistory): EvidenceSection {
  const decided = outcomes(history.past);
  return {
    title: "History",
    first: [...changedHands(history), ...refusedBefore(decided)],
    lines: [...maintained(history), ...changed(history), ...acceptedBy(history), ...held(history, decided)],
  };
}

function changedHands({ past, maintainers, now }: PackageHistory): string[] {
  const left = lastLeft(past);
  if (!left) return [];
  const days = daysSince(left.at, now);
  if (days > newsDays) return [];
  return [
    `Its maintainers changed ${ago(days)}: ${names(left.maintainers)} before, ${names(maintainers)} since`,
  ];
}

function refusedBefore({ last, waits }: Outcomes): string[] {
  if (last?.what !== "refused") return [];
  return [
    `${waits ? "An earlier update" : "An update"} was refused on ${dayOf(last.at)}, and none was accepted since`,
  ];
}

function maintained({ past, maintainers }: PackageHistory): string[] {
  if (maintainers === undefined) return [];
  const left = past.filter((event) => event.what === "left");
  if (left.length === 0) return [`Maintained by ${names(maintainers)}; no others are on record`];
  const before = left.toReversed().map((event) => `${names(event.maintainers)} until ${dayOf(event.at)}`);
  return [
    `Maintained by ${names(maintainers)} since ${dayOf(left.at(-1)!.at)}; before by ${before.join(", ")}`,
  ];
}

function changed({ changes, isWhole, now }: PackageHistory): string[] {
  const oldest = changes.at(-1);
  if (!oldest) return [];
  const number = (how: RecipeChange["how"]): number => changes.filter((one) => one.how === how).length;
  const parts = [
    [number("taken"), "taken by the pipeline"],
    [number("accepted"), "accepted by a person"],
    [number("by hand"), "by hand"],
  ] as const;
  const shown = parts.filter(([times]) => times > 0).map(([times, how]) => `${times} ${how}`);
  const rest = isWhole ? "" : "; older history isn't in this clone, or wasn't looked through";
  const since = `${dayOf(oldest.at)} (${ago(daysSince(oldest.at, now))})`;
  return [`${count(changes.length, "change")} of the recipe since ${since}: ${shown.join(", ")}${rest}`];
}

function acceptedBy({ changes }: PackageHistory): string[] {
  const accepted = changes.filter(({ how }) => how === "accepted");
  const shown = accepted
    .slice(0, acceptedShown)
    .map(({ by, at }) => `${dayOf(at)} by ${inertInline(by, 60)}`);
  const more = accepted.length - shown.length;
  return shown.length === 0 ? [] : [`Accepted: ${shown.join(", ")}${more > 0 ? ` and ${more} before` : ""}`];
}

function held({ past }: PackageHistory, { times, waits, last }: Outcomes): string[] {
  const all = times.held;
  if (all === 0) return ["None of its updates was held before, as far as the branch `state` remembers"];
  const since = dayOf(past.find(({ what }) => what === "held")!.at);
  const parts = [
    [times.accepted, "accepted"],
    [times.refused, "refused"],
    [times.overtaken, "overtaken by a newer one"],
    [waits ? 1 : 0, "waits now"],
  ] as const;
  const shown = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const decided = last ? `; last decided on ${dayOf(last.at)}: ${last.what}` : "";
  return [`${count(all, "update")} held since ${since}: ${shown.join(", ")}${decided}`];
}

interface Outcomes {
  readonly times: {
    readonly held: number;
    readonly accepted: number;
    readonly refused: number;
    readonly overtaken: number;
  };
  /** Whether one was held and nobody has decided yet. */
  readonly waits: boolean;
  readonly last: { readonly what: "accepted" | "refused"; readonly at: number } | undefined;
}

function outcomes(past: readonly PastEvent[]): Outcomes {
  const times = { held: 0, accepted: 0, refused: 0, overtaken: 0 };
  let waits = false;
  let last: Outcomes["last"];
  for (const event of past) {
    if (event.what === "left") continue;
    times[event.what]++;
    if (event.what === "held" && waits) times.overtaken++;
    waits = event.what === "held";
    if (event.what !== "held") last = { what: event.what, at: event.at };
  }
  return { times, waits, last };
}

function lastLeft(past: readonly PastEvent[]): Extract<PastEvent, { what: "left" }> | undefined {
  return past.findLast((event) => event.what === "left");
}

function names(maintainers: readonly string[] | undefined): string {
  if (maintainers === undefined) return "not known";
  if (maintainers.length === 0) return "nobody";
  const shown = maintainers.slice(0, 10).map((name) => inertInline(name, 60));
  const more = maintainers.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function daysSince(seconds: number, now: number): number {
  return Math.max(0, Math.floor((now / 1000 - seconds) / 86_400));
}

function ago(days: number): string {
  return days === 0 ? "today" : `${count(days, "day")} ago`;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
