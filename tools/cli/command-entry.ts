import type { Command } from "commander";

/**
 * The commands: how each is called, and the file that carries it out, loaded only when it is called. A
 * command gets its options, its operands, and the program that it belongs to; it returns the exit code.
 *
 * Help, shell completion, the man page and the reference are made from this table. What an operand or an option's
 * value is called says what completes it (`complete.ts`): `<pkgbase>`, `<file>`, `<dir>`.
 */
export interface CommandEntry {
  readonly group: keyof typeof groups;
  /** Command lines as one would type them, and what they are for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly define: (program: Command) => Command;
  // Commander hands over what `define` declared; each command's own signature says what that is.
  readonly load: () => Promise<(...given: never[]) => Promise<number> | number>;
}

/** In the order in which help shows them. */
export const groups = {
  packages: "Packages",
  pipelines: "Pipelines",
  updates: "Judging updates",
  building: "Building and publishing",
  releases: "Releases",
  setup: "Set-up",
} as const;
