/** What a benchmark found out: its name, and what was measured → the figure with its unit. */
export interface BenchReport {
  readonly name: string;
  readonly figures: Readonly<Record<string, string>>;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
