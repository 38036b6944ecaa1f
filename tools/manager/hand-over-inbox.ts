import type { HandOver } from "../queue/bullmq/hand-overs.ts";
import type { Installation } from "./installation.ts";

interface Waiting {
  readonly installation: Installation;
  readonly handOver: HandOver;
  readonly settle: (taking: Promise<void>) => void;
}

/** What was handed over and its workspace's follower, which alone knows main, hasn't looked at yet. */
export class HandOverInbox {
  #waiting: readonly Waiting[] = [];

  /** Resolves once it was dealt with, or rejects with why not. */
  put(installation: Installation, handOver: HandOver): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = [...this.#waiting, { installation, handOver, settle: resolve }];
    });
  }

  /** Answers with how it went; this never rejects. */
  async takeFor(
    installations: readonly Installation[],
    take: (installation: Installation, handOver: HandOver) => Promise<void>,
  ): Promise<void> {
    const isTheirs = ({ installation }: Waiting): boolean => installations.includes(installation);
    const taken = this.#waiting.filter(isTheirs);
    this.#waiting = this.#waiting.filter((waiting) => !isTheirs(waiting));
    for (const { installation, handOver, settle } of taken) {
      const taking = take(installation, handOver);
      settle(taking);
      await taking.catch(() => undefined);
    }
  }
}
