import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of the benchmarks that runs beside this one. */
export interface Child {
  readonly stdin: NodeJS.WritableStream;
  /** The next line that it prints. */
  line(): Promise<string>;
  kill(): Promise<void>;
}

/** @param program as this folder has it once it is compiled, `./x.js` */
export function startChild(
  program: string,
  args: readonly unknown[],
  env: Readonly<Record<string, string>>,
): Child {
  const path = fileURLToPath(import.meta.resolve(program));
  const child = spawn(process.execPath, [path, ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    stdin: child.stdin,
    async line() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`${program} ended early`);
      return value;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
