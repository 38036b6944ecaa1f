import { SluiceError } from "../errors.ts";
import type { Git } from "./git.ts";

/** One entry of one level of a tree. */
export interface LevelEntry {
  /** As Git writes it; 040000 for a folder. */
  readonly mode: string;
  readonly id: string;
  /** One character per byte (latin1), without slashes: so names that aren't UTF-8 are kept as they are. */
  readonly name: string;
}

/** A name or path of text as `LevelEntry` holds it. */
export function nameBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** Stores a file's content and returns its id. */
export async function writeBlob(git: Git, content: Uint8Array): Promise<string> {
  return git.text(["hash-object", "-w", "--stdin"], content);
}

/** Stores one level of a tree, entries in any order, and returns its id. */
export async function writeTree(git: Git, entries: readonly LevelEntry[]): Promise<string> {
  const records = entries.map(({ mode, id, name }) => `${mode} ${typeOf(mode)} ${id}\t${name}\0`);
  return git.text(["mktree", "-z"], Buffer.from(records.join(""), "latin1"));
}

/** One level of a tree: a commit's, or a folder's in it; undefined where there is no such folder. */
export async function readTree(git: Git, treeish: string): Promise<LevelEntry[] | undefined> {
  const { stdout: type } = await git.attempt(["cat-file", "-t", treeish]);
  if (type !== "tree" && type !== "commit") return undefined;
  const listing = await git.bytes(["ls-tree", "-z", "--full-tree", treeish]);
  const records = listing
    .toString("latin1")
    .split("\0")
    .filter((record) => record !== "");
  return records.map((record) => {
    const tab = record.indexOf("\t");
    const [mode, , id] = record.slice(0, tab).split(" ") as [string, string, string];
    return { mode, id, name: record.slice(tab + 1) };
  });
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

function typeOf(mode: string): "tree" | "commit" | "blob" {
  if (mode === "040000") return "tree";
  return mode === "160000" ? "commit" : "blob";
}
