import type { SecondReading } from "../../pkgbuild/second-reading/second-reading.ts";
import { isReadAlike } from "../../pkgbuild/second-reading/read-alike.ts";
import type { KeptMetadata } from "./kept-metadata.ts";

/** Reads texts by another program, as `SecondReader` does; loads it where there is something to read. */
export type ReadAgain = (texts: Iterable<string>) => Promise<ReadonlyMap<string, SecondReading>>;

/** A PKGBUILD of which nothing is known yet, or which another program is to read, too. */
export interface NewText {
  /** Its blob id. */
  readonly id: string;
  readonly text: string;
  readonly isCompared: boolean;
}

/**
 * Finds out which of these texts another program reads in another way, before they're taken for what they seem to say:
 * other machines may know, and those that are to be compared are read now. Kept from then on.
 *
 * @param learn asks what other machines know
 * @throws SluiceError `second-reader`
 */
export async function settleReadings(
  kept: KeptMetadata,
  texts: readonly NewText[],
  learn: () => Promise<void>,
  read?: ReadAgain,
): Promise<void> {
  const open = texts.filter(({ id, text }) => !kept.isCompared(id) && !isReadAlike(text));
  if (open.length === 0) return;
  await learn();
  const unread = open.filter(({ id, isCompared }) => isCompared && !kept.isCompared(id));
  if (!read || unread.length === 0) return;
  const readings = await read(unread.map(({ text }) => text));
  for (const { id, text } of unread) kept.addReading(id, await differsAt(text, readings.get(text)));
}

/**
 * The line where the two part, from 1. A text that our own grammar doesn't read to its end has no second reading; where
 * nothing of it is understood anyway, they part nowhere.
 */
async function differsAt(text: string, second: SecondReading | undefined): Promise<number | undefined> {
  if (second?.commands) return second.commands.find(({ agrees }) => !agrees)?.line;
  const { derive } = await import("./derived.ts");
  if (derive(text).pkgbase === "") return undefined;
  const { readPkgbuild } = await import("../../pkgbuild/recipe.ts");
  const reading = readPkgbuild(text);
  return reading.ok ? 1 : reading.problem.line;
}
