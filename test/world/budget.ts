/** `npm run test:long` says so: many random cases in place of few, and new ones in each run. */
const isLong = process.env["SLUICE_TEST_BUDGET"] === "long";

/** How often something random is tried: a few times in `npm test`, many times in `npm run test:long`. */
export const budget = (few: number, many: number): number => (isLong ? many : few);

/** The same in each `npm test`; SLUICE_TEST_SEED plays a long run again. Tests show it in their name. */
export const seed = Number(
  process.env["SLUICE_TEST_SEED"] ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 20_261_120),
);
