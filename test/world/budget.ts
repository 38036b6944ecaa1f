/** `npm run test:long` says so: many random cases in place of few, and new ones in each run. */
const isLong = process.env["SLUICE_TEST_BUDGET"] === "long";

/** How often something random is tried: a few times in `npm test`, many times in `npm run test:long`. */
export const budget = (few: number, many: number): number => (isLong ? many : few);

/** The same in each `npm test`; SLUICE_TEST_SEED plays a long run again. Tests show it in their name. */
export const seed = Number(
  process.env["SLUICE_TEST_SEED"] ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 20_261_120),
);

/**
 * Checkpoints to die at. What is on the disk after a step is what is there before the next one, so a short run
 * dies once in each gap: before every step, and after the last.
 *
 * @param passed `before <step>` and `after <step>` in the order in which a run passed them
 */
export function deathsAmong(passed: readonly string[]): string[] {
  const all = [...new Set(passed)];
  return isLong ? all : all.filter((one) => one.startsWith("before ") || one === all.at(-1));
}
