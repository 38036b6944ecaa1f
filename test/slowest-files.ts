import type { Reporter, TestModule } from "vitest/node";

/** Lists the files that took longest, to show where a run can be made faster. */
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => ({ name: module.relativeModuleId, seconds: module.diagnostic().duration / 1000 }))
      .toSorted((a, b) => b.seconds - a.seconds)
      .slice(0, 20);
    if (files.length < 2) return;
    const lines = files.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}\n`);
    process.stdout.write(`The slowest files:\n${lines.join("")}`);
  }
}
