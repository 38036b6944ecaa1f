const units = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

/** How long ago, in the largest unit of which there are at least two: `3 min`, `26 h`, `5 days`. */
export function age(milliseconds: number): string {
  const [unit, size] = units.find(([, each]) => milliseconds >= 2 * each) ?? ["s", 1000];
  const count = Math.max(0, Math.floor(milliseconds / size));
  return `${count} ${unit}${unit === "day" ? "s" : ""}`;
}
