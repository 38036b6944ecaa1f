/** Something that a person may want to know of a package, as Markdown in which a stranger's text is inert. */
export interface Fact {
  readonly text: string;
  /** From 1 to 9 how grave; 0: not among what is looked at first. */
  readonly weight: number;
}

export function fact(text: string, weight = 0): Fact {
  return { text, weight };
}
