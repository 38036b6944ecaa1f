import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { SluiceError } from "../errors.ts";
import { missing } from "./run.ts";

/** A lock that this process holds. */
export interface Lock {
  /** @throws SluiceError `lock-lost` where something ended the program that holds it. */
  check(): void;
}

const conflict = 75;

/**
 * Does `work` while no other process does work under the same lock file.
 *
 * The lock is the kernel's, held by `flock FILE cat`, whose stdin is a pipe from here: however this process
 * ends, the pipe closes and the lock is free, so there is no stale lock to judge, neither after a crash nor
 * across containers that don't see each other's processes. The file's content only says who holds it.
 *
 * @param subject what is changed under it, for the error's text
 * @throws SluiceError `locked` with the holder where it isn't free within `waitSeconds`.
 */
export async function underLock<T>(
  file: string,
  waitSeconds: number,
  work: (lock: Lock) => Promise<T>,
  subject = "package repository",
): Promise<T> {
  const holder = spawn(
    "flock",
    ["--exclusive", "--wait", String(waitSeconds), "--conflict-exit-code", String(conflict), file, "cat"],
    // A session of its own: Ctrl+C in the terminal ends this process first, and the lock with it.
    { stdio: ["pipe", "pipe", "ignore"], detached: true },
  );
  holder.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve, reject) => {
    holder.once("error", (error) =>
      reject("code" in error && error.code === "ENOENT" ? missing("flock") : error),
    );
    holder.once("close", resolve);
  });
  // cat echoes this line once it runs, and it runs once flock has the lock.
  holder.stdin.write("held\n");
  const status = await Promise.race([once(holder.stdout, "data").then(() => "held" as const), ended]);
  if (status !== "held") throw await notHeld(file, status, subject);
  try {
    await writeFile(file, `process ${process.pid} since ${new Date().toISOString()}\n`);
    return await work({
      check() {
        if (holder.exitCode !== null || holder.signalCode !== null) throw lost(file);
      },
    });
  } finally {
    holder.stdin.end();
    await ended;
  }
}

async function notHeld(file: string, status: number | null, subject: string): Promise<SluiceError> {
  if (status !== conflict) {
    return new SluiceError("lock-failed", `The lock ${file} can't be taken (flock ended with ${status}).`, {
      facts: { path: file },
      hint: "Check that the folder exists and that this user may write to it.",
    });
  }
  const holder = (await readFile(file, "utf8")).trim() || "a process that didn't leave its name";
  return new SluiceError("locked", `The ${subject} is being changed by ${holder}.`, {
    facts: { path: file, holder },
    hint: "Wait until it is done and try again. The lock goes with its process: never delete the file.",
    exitCode: 1,
  });
}

function lost(file: string): SluiceError {
  return new SluiceError("lock-lost", `The lock ${file} was lost while publishing.`, {
    facts: { path: file },
    hint: "Something ended the `flock` process. Nothing was switched; try again.",
    exitCode: 1,
  });
}
