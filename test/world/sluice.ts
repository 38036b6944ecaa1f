import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { runHosted, type Ended } from "./sluice-host.ts";

const main = join(process.cwd(), "dist/cli/main.js");

interface Options {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a command of the built program, without any of the platforms' variables unless given. */
export async function sluice(args: readonly string[], options: Options = {}): Promise<Ended> {
  const { cwd = process.cwd(), env } = options;
  const { code, stdout, stderr } = await runHosted(args, cwd, environment(env));
  return { code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** The same in a process of its own, for tests about that. */
export function sluiceProcess(args: readonly string[], options: Options = {}): Promise<Ended> {
  const env = environment(options.env);
  return new Promise((resolve) => {
    const program = execFile(
      process.execPath,
      [main, ...args],
      { cwd: options.cwd, env, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
        resolve({ code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
      },
    );
    program.stdin?.end();
  });
}

/** A command that runs until it is told to end, such as `sluice up`. */
export interface Running {
  readonly pid: number;
  /** All that it said so far, on both streams. */
  said(): string;
  /** Resolves with what the pattern found as soon as it was said; rejects where the command ends before. */
  saying(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
  /** The exit code; -1 where a signal ended it. */
  readonly ended: Promise<number>;
}

export function startSluice(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: environment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  const heard = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const listen of listeners) listen();
  };
  child.stdout.on("data", heard);
  child.stderr.on("data", heard);
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  return {
    pid: child.pid!,
    said: () => output,
    saying: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying ${pattern}:\n${output}`)));
      }),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** Without any of the platforms' variables unless given. */
function environment(given: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, ...rest } = process.env;
  const gitSettings = Object.fromEntries(Object.entries(rest).filter(([name]) => name.startsWith("GIT_")));
  return { PATH, HOME, NO_COLOR: "1", ...gitSettings, ...given };
}
