import { spawn } from "node:child_process";
import { once } from "node:events";
import { bubblewrap } from "../tools/sandbox/bubblewrap/bubblewrap.ts";
import { host } from "../tools/sandbox/host.ts";
import type { Mount, Sandbox } from "../tools/sandbox/sandbox.ts";
import { median, type BenchReport } from "./report.ts";

/** Starting `true` and waiting for its end. */
export async function benchSandbox(runs = 30): Promise<BenchReport> {
  const bare = await medianOf(runs, async () => void (await once(spawn("/bin/true"), "exit")));
  const inBubblewrap = await medianOf(runs, () => runTrue(bubblewrapped));
  const onTheHost = await medianOf(runs, () => runTrue(onHost));
  return {
    name: `sandbox: starting /bin/true, median of ${runs}`,
    figures: { bare: ms(bare), bubblewrap: ms(inBubblewrap), host: ms(onTheHost) },
  };
}

const bubblewrapped = bubblewrap();
const onHost = host();

function mount(target: string, writable = false): Mount {
  return { source: "/usr/share", target, writable };
}

/** As a build has it: four mounts, one of them writable. */
async function runTrue(sandbox: Sandbox): Promise<void> {
  await sandbox.run({
    command: ({ scratch, home }) => ({
      argv: ["/bin/true"],
      env: { PATH: "/usr/bin:/bin", HOME: home },
      cwd: scratch,
    }),
    mounts: [mount("/recipe"), mount("/sources"), mount("/cache", true), mount("/var/lib/pacman")],
    user: "builder",
    network: false,
    limits: { seconds: 10, graceSeconds: 1, memoryBytes: 2 ** 30, processes: 1000, outputBytes: 2 ** 30 },
    onOutput: () => {},
  });
}

async function medianOf(runs: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
