import { spawnSync } from "node:child_process";
import { median } from "./report.ts";

/** A whole process to be measured: its arguments to Node, and what has to be done before each run. */
export interface Program {
  readonly args: readonly string[];
  readonly prepare?: () => void;
}

/**
 * Medians in milliseconds from start to end of each program's process. They take turns, so that what else the
 * machine does hits all of them; the first runs only warm up.
 */
export function timeInTurn<Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  { runs = 15, warmUps = 2 } = {},
): Record<Name, number> {
  const entries = Object.entries<Program>(programs);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let run = -warmUps; run < runs; run++) {
    for (const [name, { args, prepare }] of entries) {
      prepare?.();
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, {
        stdio: ["ignore", "ignore", "pipe"],
        encoding: "utf8",
      });
      const time = performance.now() - start;
      if (status !== 0) throw new Error(`node ${args.join(" ")} failed: ${stderr}`);
      if (run >= 0) times.get(name)!.push(time);
    }
  }
  // One entry per program, which is what the type says.
  return Object.fromEntries([...times].map(([name, all]) => [name, median(all)])) as Record<Name, number>;
}

const mainThread = import.meta.resolve("./main-thread.js");

/**
 * The least time in milliseconds that each program's main thread ran. They take turns; unlike the time from start to
 * end it hardly depends on what else the machine does.
 */
export function mainThreadInTurn<Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  runs = 5,
): Record<Name, number> {
  const entries = Object.entries<Program>(programs);
  const least = new Map<string, number>(entries.map(([name]) => [name, Infinity]));
  for (let run = 0; run < runs; run++) {
    for (const [name, { args, prepare }] of entries) {
      prepare?.();
      const { status, stderr, output } = spawnSync(process.execPath, ["--import", mainThread, ...args], {
        stdio: ["ignore", "ignore", "pipe", "pipe"],
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`node ${args.join(" ")} failed: ${stderr}`);
      least.set(name, Math.min(least.get(name)!, Number(output[3]) / 1e6));
    }
  }
  // One entry per program, which is what the type says.
  return Object.fromEntries(least) as Record<Name, number>;
}

export function milliseconds(time: number): string {
  return `${time.toFixed(0)} ms`;
}
