import { SluiceError } from "../errors.ts";
import type { Git } from "./git.ts";

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/**
 * Stores a commit and returns its id. Nothing of the environment goes into it, so the same arguments make the same
 * commit on every machine.
 */
export async function writeCommit(
  git: Git,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly identity: Identity;
    readonly date: Date;
    readonly message: string;
  },
): Promise<string> {
  const person = `${named(commit.identity)} ${Math.floor(commit.date.getTime() / 1000)} +0000`;
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${person}`,
    `committer ${person}`,
    "",
    commit.message.trimEnd(),
    "",
  ];
  return git.text(["hash-object", "-t", "commit", "-w", "--stdin"], lines.join("\n"));
}

function named({ name, email }: Identity): string {
  if (clean(name) === "" || clean(email) === "") {
    throw new SluiceError("identity", "a commit needs a name and an address of who makes it", {
      hint: "Set GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL in .ci/config.",
    });
  }
  return `${clean(name)} <${clean(email)}>`;
}

function clean(text: string): string {
  return text.replace(/[\0\n\r<>]/g, "").trim();
}
