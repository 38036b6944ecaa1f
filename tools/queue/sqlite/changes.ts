/** How often a follower looks for the events of other processes. */
const followIntervalMs = 200;

/** Changes of the queue by this process, for those who follow its events. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  happened(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Until this process wrote something, or it is time to look what others wrote. */
  async next(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, followIntervalMs);
      signal?.addEventListener("abort", wake);
      this.#waiting.add(wake);
    });
  }
}
