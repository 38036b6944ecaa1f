import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { systemCode } from "../../errors.ts";
import type { Job, Limits, Sandbox, SandboxResult } from "../sandbox.ts";

export const MiB = 2 ** 20;

/** Never more than this, so that no test can hurt the machine it runs on. */
export const limits: Limits = {
  seconds: 300,
  graceSeconds: 0.5,
  memoryBytes: 256 * MiB,
  processes: 50,
  outputBytes: 64 * MiB,
};

interface Ran extends SandboxResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the suite meets a sandbox. */
export interface Field {
  readonly sandbox: Sandbox;
  /** Runs a bash script as the payload, in scratch. */
  readonly run: (script: string, more?: Partial<Job>) => Promise<Ran>;
  /** Makes a folder that belongs to the sandbox's user. */
  readonly folder: (name: string, mode?: number) => string;
  /** How long to sleep, for one test alone: so its processes can be told from all others of the machine. */
  readonly nap: (test: number) => string;
  /** What exports, under the sandbox's name, a function that makes one, for plain Node. */
  readonly builtModule: string;
}

export function makeField(sandbox: Sandbox, base: string, builtModule: string): Field {
  const suite = randomInt(1e6, 1e7);
  return {
    sandbox,
    builtModule,
    nap: (test) => `${300 + test}.${suite}`,
    async run(script, more = {}) {
      const text = { stdout: "", stderr: "" };
      const result = await sandbox.run({
        ...shell(script),
        mounts: [],
        user: "builder",
        network: false,
        limits,
        onOutput: (chunk, stream) => void (text[stream] += chunk.toString()),
        ...more,
      });
      return { ...result, ...text };
    },
    folder(name, mode = 0o755) {
      const path = join(base, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, mode);
      if (process.getuid?.() === 0) chownSync(path, sandbox.owner.uid, sandbox.owner.gid);
      return path;
    },
  };
}

/** A bash script as the payload; `$1` is what's mounted at /recipe, `$2` at /cache. */
export function shell(script: string, env: Record<string, string> = {}): Pick<Job, "command"> {
  return {
    command: ({ scratch, home, at }) => ({
      argv: ["/bin/bash", "-c", script, "payload", at("/recipe"), at("/cache")],
      env: { PATH: "/usr/bin:/bin", HOME: home, ...env },
      cwd: scratch,
    }),
  };
}

/** Command lines of this machine's processes that hold a text; arguments are separated by NUL. */
export function processesWith(part: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command.includes(part));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(systemCode(error) ?? "")) return "";
    throw error;
  }
}

/** A process of its own that runs a script in the sandbox and prints what that says. */
export function startCaller({ builtModule, sandbox }: Field, script: string): string[] {
  const program = `
    const { ${sandbox.name}: make } = await import(process.argv[1]);
    const { outcome } = await make().run({
      command: ({ scratch }) => ({ argv: ["/bin/bash", "-c", process.argv[2]], env: { PATH: "/usr/bin:/bin" }, cwd: scratch }),
      mounts: [], user: "builder", network: false, limits: ${JSON.stringify(limits)},
      onOutput: (chunk) => process.stdout.write(chunk),
    });
    console.log(JSON.stringify(outcome));`;
  return [process.execPath, "--input-type=module", "-e", program, "--", builtModule, script];
}

/** The same on a terminal of its own. Resolves with all that it printed. */
export async function runOnTerminal(field: Field, script: string): Promise<string> {
  const command = startCaller(field, script).map((part) => `'${part.replaceAll("'", `'\\''`)}'`);
  const child: ChildProcess = spawn("script", ["-qec", command.join(" "), "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return child.stdout === null ? "" : text(child.stdout);
}
