import { spawn } from "node:child_process";
import { once } from "node:events";
import { bubblewrap } from "../tools/sandbox/bubblewrap.ts";
import { host } from "../tools/sandbox/host.ts";
import type { Mount, Sandbox } from "../tools/sandbox/sandbox.ts";

/** Medians, in milliseconds, of starting `true` and waiting for its end. */
export interface SandboxFigures {
  readonly bare: number;
  readonly bubblewrap: number;
  readonly host: number;
}

export async function benchSandbox(runs = 30): Promise<SandboxFigures> {
  return {
    bare: await median(runs, async () => void (await once(spawn("/bin/true"), "exit"))),
    bubblewrap: await median(runs, () => runTrue(bubblewrapped)),
    host: await median(runs, () => runTrue(onHost)),
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

async function median(runs: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.round((times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0) * 10) / 10;
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${JSON.stringify(await benchSandbox())}\n`);
