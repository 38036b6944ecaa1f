import { RE2JS } from "re2js";

/** A regular expression for the whole name of a ref. */
export interface RefPattern {
  readonly text: string;
  readonly matches: (name: string) => boolean;
}

/**
 * RE2, so that no pattern takes more than linear time. `{version}` stands for numbers with dots.
 *
 * @returns undefined where it is no regular expression
 */
export function refPattern(text: string): RefPattern | undefined {
  try {
    const compiled = RE2JS.compile(text.replaceAll("{version}", String.raw`[0-9]+(?:\.[0-9]+)*`));
    return { text, matches: (name) => compiled.matches(name) };
  } catch {
    return undefined;
  }
}
