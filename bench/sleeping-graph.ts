import { seededRandom } from "../test/world/random.ts";
import type { SubmittedBuild } from "../tools/queue/queue.ts";

/** Seven in ten need nothing, the others one to three, mostly of the same few. */
export function sleepingGraph(builds: number): SubmittedBuild[] {
  const random = seededRandom(2);
  return Array.from({ length: builds }, (_, index) => {
    const needs = random() < 0.7 ? 0 : 1 + Math.floor(random() * 3);
    const names = Array.from(
      { length: index === 0 ? 0 : needs },
      () => `p${Math.floor(index * random() ** 2)}`,
    );
    return {
      pkgbase: `p${index}`,
      class: null,
      pkgnames: [`p${index}`],
      needs: [...new Set(names)],
      reason: "bench",
    };
  });
}
