import { setTimeout as sleep } from "node:timers/promises";

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
