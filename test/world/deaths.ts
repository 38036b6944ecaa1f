import { budget } from "./budget.ts";

/** What was wrong with a world, and at which of its deaths it was at its end already. */
export interface Survival<Death> {
  readonly troubles: readonly string[];
  readonly missed: readonly Death[];
}

/**
 * Deaths that one world survives one after the other, each a good piece further on the way: what a death left behind
 * is there at the next one, too, and the work up to there is done once. A long run gives each its own world.
 *
 * @param each so many deaths in one world
 */
export function inTurn<Death>(deaths: readonly Death[], each: number): Death[][] {
  const worlds = budget(Math.ceil(deaths.length / each), deaths.length);
  return Array.from({ length: worlds }, (_, world) => deaths.filter((_, at) => at % worlds === world));
}

/** All troubles; two worlds at a time. */
export async function surviveAll<Death>(
  lives: readonly (readonly Death[])[],
  survive: (deaths: readonly Death[]) => Promise<Survival<Death>>,
): Promise<string[]> {
  const all: string[] = [];
  const left = [...lives];
  const next = async (): Promise<void> => {
    for (let deaths = left.pop(); deaths; deaths = left.pop()) {
      const { troubles, missed } = await survive(deaths);
      all.push(...troubles);
      // They come first in another world.
      if (missed.length > 0) left.push(missed);
    }
  };
  await Promise.all([next(), next()]);
  return all;
}
