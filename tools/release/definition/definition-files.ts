/** The files beside a definition, by their path from the root of the workspace. */
export interface DefinitionFiles {
  /** A file's text, or why there is none. */
  readonly open: (path: string) => { readonly text: string } | { readonly refused: string };
  /** Why a file that a job names can't be used; undefined: it can. */
  readonly whyMissing: (path: string) => string | undefined;
}
