import { setTimeout as sleep } from "node:timers/promises";

/** Ends a process that leads a group, and all that it started: as when a machine goes down. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Resolves when nothing of the group runs any more. */
export async function groupGone(leader: number): Promise<void> {
  for (;;) {
    try {
      process.kill(-leader, 0);
    } catch {
      return;
    }
    await sleep(5);
  }
}
