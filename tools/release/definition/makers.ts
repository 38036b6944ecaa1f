import { madeBy, type DefinedJob } from "./definition.ts";

/** The jobs that make each artifact, in the file's order; several where each does so for other targets. */
export function makersOf(jobs: readonly DefinedJob[]): ReadonlyMap<string, readonly DefinedJob[]> {
  const makers = new Map<string, DefinedJob[]>();
  for (const job of jobs) {
    for (const artifact of madeBy(job)) {
      const others = makers.get(artifact);
      if (others) others.push(job);
      else makers.set(artifact, [job]);
    }
  }
  return makers;
}

/** The targets that an artifact is made for; undefined: it is one for all. */
export function targetsOf(makers: readonly DefinedJob[]): readonly string[] | undefined {
  return makers.some(({ targets }) => targets === undefined)
    ? undefined
    : makers.flatMap(({ targets }) => targets ?? []);
}

/** Whether an artifact can be more than one file. */
export function areSeveral(makers: readonly DefinedJob[], artifact: string): boolean {
  return makers.some(({ makes }) => makes.get(artifact)?.includes("*") ?? false);
}
