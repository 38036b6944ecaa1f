import type { PackageView } from "../api/package-schemas.ts";
import { html, type Html } from "../markup/html.ts";
import type { Tone } from "./parts.ts";

type State = PackageView["state"];

/** How a state is coloured, what it is called in a table, and how it goes on after "Not published:". */
const states: Readonly<Record<State, readonly [tone: Tone, word: string, sentence: string]>> = {
  published: ["good", "published", ""],
  failing: ["bad", "failed", "its last build failed"],
  "not-started": ["bad", "not started", "its build was not started"],
  blocked: ["bad", "blocked", "another package blocks it"],
  "no-builder": ["bad", "no builder", "no builder takes it"],
  held: ["warn", "held", "somebody holds it"],
  building: ["busy", "building", "it is being built"],
  waiting: ["busy", "waiting", "it waits for other builds"],
  queued: ["busy", "queued", "it is next in the queue"],
  "to-build": ["warn", "to build", "it isn't scheduled yet"],
  "on-trigger": ["calm", "on trigger", "it is built on its trigger only"],
  "to-remove": ["warn", "to be removed", "it is to be removed"],
  foreign: ["calm", "not for here", "it is for another architecture"],
};

const endings: Partial<Record<string, string>> = {
  "timed-out": "its last build timed out",
  cancelled: "its last build was cancelled",
  lost: "its last build was lost",
};

export function stateBadge(state: State): Html {
  const [tone, word] = states[state];
  return html`<span class="badge ${tone}">${word}</span>`;
}

export function toneOfPackage({ state, review }: Pick<PackageView, "state" | "review">): Tone {
  return state === "published" && review !== null ? "warn" : states[state][0];
}

/** What is published, and why that isn't what main has, in one sentence without its full stop. */
export function headline(
  found: Pick<PackageView, "state" | "isCurrent" | "version" | "standings" | "causes" | "builds" | "review">,
): string {
  const { state, isCurrent } = found;
  if (state === "to-remove") return "No longer in main, and to be removed";
  const update = found.review === null ? "" : `; upstream's update waits for a person`;
  const standing = state === "published" ? update : `: ${reason(found)}`;
  return `${isCurrent ? "Published as main has it" : publishedInstead(found)}${standing}`;
}

/** `Published: 1.0-1, main has 1.1-1` */
function publishedInstead({ standings, version }: Pick<PackageView, "standings" | "version">): string {
  const archs = (wanted: boolean): string =>
    standings
      .filter(({ isCurrent }) => isCurrent === wanted)
      .map(({ arch }) => arch)
      .join(" and ");
  if (archs(true) !== "") return `Published as main has it for ${archs(true)}, not for ${archs(false)}`;
  const versions = [...new Set(standings.flatMap((one) => one.version ?? []))];
  if (versions.length === 0) return "Not published";
  const isNewer = version !== null && !versions.includes(version);
  return `Published: ${versions.join(" and ")}, main has ${isNewer ? version : "a newer recipe"}`;
}

function reason({ state, causes, builds }: Pick<PackageView, "state" | "causes" | "builds">): string {
  if (state === "blocked" && causes.length > 0) {
    const named = causes.slice(0, 3).map(({ pkgbase, outcome }) => `${pkgbase} (${said(outcome)})`);
    const more = causes.length > 3 ? ` and ${causes.length - 3} more` : "";
    return `blocked by ${named.join(", ")}${more}`;
  }
  const ended = state === "failing" ? endings[builds[0]?.status ?? ""] : undefined;
  return ended ?? states[state][2];
}

const said = (outcome: string): string => (outcome === "timed-out" ? "timed out" : outcome);
