import type { Git } from "./git.ts";

export interface Commit {
  readonly id: string;
  readonly message: string;
}

/** The commit a name stands for, or undefined where there is none here. */
export async function resolveCommit(git: Git, name: string): Promise<string | undefined> {
  const { ok, stdout } = await git.attempt(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
  return ok ? stdout : undefined;
}

/** Undefined for a first commit. */
export async function firstParent(git: Git, commit: string): Promise<string | undefined> {
  return resolveCommit(git, `${commit}^`);
}

export async function isShallow(git: Git): Promise<boolean> {
  return (await git.text(["rev-parse", "--is-shallow-repository"])) === "true";
}

/** The newest common ancestor, or undefined where two histories have none. */
export async function mergeBase(git: Git, a: string, b: string): Promise<string | undefined> {
  const { ok, stdout } = await git.attempt(["merge-base", a, b]);
  return ok ? stdout : undefined;
}

/**
 * The commits that `to` has and `from` has not, oldest first. Without `from`: `to` alone.
 */
export async function commitsBetween(git: Git, from: string | undefined, to: string): Promise<Commit[]> {
  const range = from === undefined ? ["-1", to] : [`${from}..${to}`];
  const format = [
    "--no-show-signature",
    "--topo-order",
    "--reverse",
    "-z",
    "--encoding=UTF-8",
    "--format=%H%x00%B",
  ];
  const fields = (await git.bytes(["log", ...format, ...range])).toString().split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    commits.push({ id: fields[at]!, message: fields[at + 1]! });
  }
  return commits;
}

/**
 * Path → the newest of the commits (given oldest first) that changed it. Of a merge only what differs from all
 * its parents counts, so that a branch's changes stay its own commits'.
 */
export async function lastChanges(git: Git, commits: readonly Commit[]): Promise<Map<string, string>> {
  const ids = new Set(commits.map(({ id }) => id));
  const changes = new Map<string, string>();
  if (ids.size === 0) return changes;
  const args = ["diff-tree", "--stdin", "--root", "-r", "-c", "-z", "--no-renames", "--name-only"];
  const output = await git.bytes(args, `${[...ids].join("\n")}\n`);
  let commit = "";
  for (const field of output.toString().split("\0")) {
    // Paths are free to look like ids, but none can look like the id of a commit that contains it.
    if (ids.has(field)) commit = field;
    else if (field !== "") changes.set(field, commit);
  }
  return changes;
}
