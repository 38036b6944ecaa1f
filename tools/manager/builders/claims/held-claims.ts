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
  /** By builder: each says many times a minute what it holds. */
  readonly #tokens = new Map<string, Set<string>>();

  begin(token: string, held: Held): void {
    this.#held.set(token, held);
    const tokens = this.#tokens.get(held.builder) ?? new Set();
    this.#tokens.set(held.builder, tokens.add(token));
  }

  end(token: string): void {
    const builder = this.#held.get(token)?.builder;
    this.#held.delete(token);
    if (builder !== undefined) this.#tokens.get(builder)?.delete(token);
  }

  /** A builder that was restarted holds nothing. */
  endAllOf(builder: string): void {
    for (const token of this.#tokens.get(builder) ?? []) this.#held.delete(token);
    this.#tokens.delete(builder);
  }

  countOf(builder: string): number {
    return this.#tokens.get(builder)?.size ?? 0;
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
    for (const token of this.#tokens.get(builder) ?? []) {
      if (!named.has(token) && this.#held.get(token)!.since < since) this.end(token);
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
