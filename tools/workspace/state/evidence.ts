import type { EvidenceSection } from "../../gate/review/evidence.ts";
import { isObject, parseObject } from "./json-object.ts";

/** What was found out about the update of a package that is held: `.evidence/PKGBASE.json` on the branch `state`. */
export interface KeptEvidence {
  /** The digest of the recipe that is held, as in SLUICE_HELD. */
  readonly digest: string;
  /** The commit of the review's branch that was built; a person may push another. */
  readonly built?: string | undefined;
  /** How that ended. */
  readonly result?: BuildOutcome | undefined;
  /** One for each title. */
  readonly sections: readonly EvidenceSection[];
}

/** `unfinished`: what kept it from being built may pass, so the next look tries again. */
export type BuildOutcome = "built" | "failed" | "unfinished";

const outcomes: readonly BuildOutcome[] = ["built", "failed", "unfinished"];

const folder = ".evidence/";
const longest = { sections: 10, title: 40, lines: 1000, line: 2000 };

export function evidenceFile(pkgbase: string): string {
  return `${folder}${pkgbase}.json`;
}

/** The pkgbase of such a file. */
export function pkgbaseOfEvidence(path: string): string | undefined {
  return path.startsWith(folder) && path.endsWith(".json")
    ? path.slice(folder.length, -".json".length)
    : undefined;
}

/** Undefined where it can't be understood: then it is found out again. */
export function parseEvidence(text: string): KeptEvidence | undefined {
  const { version, digest, built, result, sections } = parseObject(text) ?? {};
  const isKnown = version === 1 && typeof digest === "string" && Array.isArray(sections);
  if (!isKnown || sections.length > longest.sections || !sections.every(isSection)) return undefined;
  return {
    digest,
    built: typeof built === "string" ? built : undefined,
    result: outcomes.find((outcome) => outcome === result),
    sections,
  };
}

function isSection(value: unknown): value is EvidenceSection {
  if (!isObject(value)) return false;
  const { title, first, lines } = value;
  const isText = (one: unknown): boolean =>
    typeof one === "string" && one.length <= longest.line && !one.includes("\n");
  const areTexts = (all: unknown): boolean =>
    Array.isArray(all) && all.length <= longest.lines && all.every(isText);
  return (
    typeof title === "string" &&
    /^[A-Za-z ]+$/.test(title) &&
    title.length <= longest.title &&
    areTexts(first) &&
    areTexts(lines)
  );
}

export function formatEvidence({ digest, built, result, sections }: KeptEvidence): string {
  const facts = { version: 1, digest, built, result };
  return `${JSON.stringify({ ...facts, sections }, null, 1)}\n`;
}

/** The same with this section in the place of the one of its title, of an update that is held now. */
export function withSection(
  kept: KeptEvidence | undefined,
  digest: string,
  section: EvidenceSection,
  built: Pick<KeptEvidence, "built" | "result"> = {},
): KeptEvidence {
  const { sections = [], ...known } = kept?.digest === digest ? kept : {};
  const others = sections.filter(({ title }) => title !== section.title);
  return { ...known, ...built, digest, sections: [...others, section].sort(byTitle) };
}

const order = ["Packages", "Source", "History"];

function byTitle(a: EvidenceSection, b: EvidenceSection): number {
  const [first, second] = [a, b].map(({ title }) =>
    order.includes(title) ? order.indexOf(title) : order.length,
  );
  return first! - second!;
}
