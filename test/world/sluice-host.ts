import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export interface Ended {
  /** -1 where it was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs commands of the built program one after the other in one process, since starting Node and loading the
 * program takes longer than most commands. Each has its own folder, environment, standard output and error. As many
 * processes as commands that run at a time.
 */
export function runHosted(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const host = idle.pop() ?? start();
  return new Promise((resolve) => {
    const answered = (ended: Ended): void => {
      host.off("exit", died);
      idle.push(host);
      resolve(ended);
    };
    const died = (): void => {
      host.off("message", answered);
      resolve({ code: -1, stdout: "", stderr: "the process of the program ended" });
    };
    host.once("message", answered);
    host.once("exit", died);
    host.send({ args, cwd, env });
  });
}

const idle: ChildProcess[] = [];

/** It ends with the process of the tests. */
function start(): ChildProcess {
  const host = fork(join(import.meta.dirname, "sluice-host.mjs"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  host.unref();
  host.channel?.unref();
  return host;
}
