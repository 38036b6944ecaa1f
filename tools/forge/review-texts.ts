import type { Review } from "./forge.ts";
import { inertMessage } from "../gate/review/inert.ts";

/** Why a review isn't needed any more. */
export type Obsolete = "superseded" | "overtaken" | "dropped";

/** Also the subject of the commit, so a pkgbase that begins with `@` calls nobody. */
export function reviewTitle(pkgbase: string): string {
  return `chore(update): ${inertMessage(pkgbase)}`;
}

/**
 * What a review's description holds: where Sluice finds the commit of the review, then what the reviewer reads.
 * GitHub takes 65,536 characters; a longer text is cut, as the difference itself is beside it.
 */
export function reviewBody(commit: string, body: string): string {
  const longest = 60_000;
  const text =
    body.length <= longest ? body : `${body.slice(0, longest)}\n\n(cut here: too long for the forge)`;
  return `<!-- sluice:commit ${commit} -->\n${text}`;
}

/** The commit that Sluice opened this review with; undefined where its description doesn't say. */
export function openedCommit(body: string): string | undefined {
  return /<!-- sluice:commit ([0-9a-f]{40,64}) -->/.exec(body)?.[1];
}

/** Why Sluice closes a review. The mark tells its own closing from a person's refusal. */
export function closingComment(reason: Obsolete, pkgbase: string, successor: Review | undefined): string {
  return `${closingMark}\n${becauseOf(reason, pkgbase, successor)} Nothing is left to decide here, so this is closed.`;
}

export function isClosingComment(body: string): boolean {
  return body.includes(closingMark);
}

const closingMark = "<!-- sluice:closed -->";

/** The comment on a review that stays open because a person works on it. `key`: what the comment is about. */
export function tellingComment(
  key: string,
  reason: Obsolete,
  pkgbase: string,
  successor: Review | undefined,
): string {
  const told = becauseOf(reason, pkgbase, successor);
  return `${tellingMark(key)}\n${told} Somebody has pushed commits here, so this stays open and its branch is left alone: merge it or close it as you see fit.`;
}

export function wasTold(bodies: readonly string[], key: string): boolean {
  return bodies.some((body) => body.includes(tellingMark(key)));
}

function tellingMark(key: string): string {
  return `<!-- sluice:told ${key} -->`;
}

function becauseOf(reason: Obsolete, pkgbase: string, successor: Review | undefined): string {
  switch (reason) {
    case "superseded":
      return `Upstream has a newer revision of \`${pkgbase}\`${successor ? ` (${successor.url})` : ""}.`;
    case "overtaken":
      return `The main branch has caught up: \`${pkgbase}\` needs no review of this update any more.`;
    case "dropped":
      return `The package \`${pkgbase}\` has been dropped from the main branch.`;
  }
}
