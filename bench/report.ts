/** What a benchmark found out: its name, and what was measured → the figure with its unit. */
export interface BenchReport {
  readonly name: string;
  readonly figures: Readonly<Record<string, string>>;
}

/** Says on standard error what a long benchmark does now. */
export function progress(what: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
