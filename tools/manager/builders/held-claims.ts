interface Held {
  readonly builder: string;
  /** By the same clock as all times here, in milliseconds. */
  readonly since: number;
  readonly limitMs: number;
}

/**
 * What builders hold by what the manager gave them, not by what they say: so nobody takes more than its `jobs`, or
 * keeps a build forever.
 */
export class HeldClaims {
  /** By claim token. */
  readonly #held = new Map<string, Held>();

  begin(token: string, held: Held): void {
    this.#held.set(token, held);
  }

  end(token: string): void {
    this.#held.delete(token);
  }

  /** A builder that was restarted holds nothing. */
  endAllOf(builder: string): void {
    for (const [token, held] of this.#held) if (held.builder === builder) this.#held.delete(token);
  }

  countOf(builder: string): number {
    return [...this.#held.values()].filter((held) => held.builder === builder).length;
  }

  since(token: string): number | undefined {
    return this.#held.get(token)?.since;
  }

  /** Whether it should have ended long ago. */
  isOverdue(token: string, now: number): boolean {
    const held = this.#held.get(token);
    return held !== undefined && now - held.since > held.limitMs;
  }

  /**
   * Forgets those that a builder doesn't name although it must know of them: the answer that gave them to it was lost.
   *
   * @param since begun after that, it may not know of it yet
   */
  forgetOthers(builder: string, named: ReadonlySet<string>, since: number): void {
    for (const [token, held] of this.#held) {
      if (held.builder === builder && held.since < since && !named.has(token)) this.#held.delete(token);
    }
  }
}

/**
 * How long a build may be a builder's: twice its time limit, for what comes before and after it as well, and an hour
 * for what is sent.
 */
export function holdLimit(buildSeconds: number): number {
  return (2 * buildSeconds + 3600) * 1000;
}
