/** Something in a definition that a person should correct. */
export interface DefinitionProblem {
  /** From the root of the workspace. */
  readonly file: string;
  /** Both counted from 1; none where the file as a whole is meant. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** The same, before its place is looked for. */
export interface Mistake {
  /** The keys that lead to it: `["stages", "build", "app", "for"]`. */
  readonly at: readonly PropertyKey[];
  readonly message: string;
  /** The name that isn't there, where that is the mistake. */
  readonly lacks?: string;
}
