import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Command } from "commander";
import { SluiceError } from "../../errors.ts";
import { listPackages } from "../../workspace/worktree.ts";
import { complete, type Completion } from "../complete.ts";
import { packageRoot } from "../package-root.ts";
import { findRoot } from "../wiring/root.ts";

type Shell = "bash" | "zsh" | "fish";

/** Prints a shell's script; with words, what may follow them, in the form that the script reads. */
export function completion(
  _options: object,
  shell: Shell,
  words: readonly string[],
  program: Command,
): number {
  const text =
    words.length === 0
      ? readFileSync(`${packageRoot}/completion/sluice.${shell}`, "utf8")
      : format(shell, complete(program, words, packagesAround));
  process.stdout.write(text);
  return 0;
}

/** Where there is no workspace there are no packages, and an error would disturb typing. */
function packagesAround(root: string | undefined): readonly string[] {
  try {
    return listPackages(findRoot(root?.replace(/^~(?=\/|$)/, homedir())));
  } catch (error) {
    if (error instanceof SluiceError) return [];
    throw error;
  }
}

/** The kind, then a candidate per line; what it's about after a tab, for shells that show it. */
function format(shell: Shell, found: Completion): string {
  const words = found.kind === "words" ? found.words : [];
  const lines = words.map(({ value, about }) =>
    shell === "bash" || about === "" ? value : `${value}\t${about}`,
  );
  return `${[found.kind, ...lines].join("\n")}\n`;
}
