import { SluiceError } from "../errors.ts";
import { redact, type Git } from "./git.ts";

/** One ref of an atomic push. */
export interface RefUpdate {
  readonly ref: string;
  /** What the remote must still have; undefined: the ref must not exist there. */
  readonly expected: string | undefined;
  /** What it gets; undefined: the ref is deleted. */
  readonly to: string | undefined;
}

export interface RemoteRef {
  /** What the ref itself holds: of an annotated tag the tag object. */
  readonly id: string;
  /** The commit behind it. */
  readonly commit: string;
}

/** Whether the repository has a remote of that name. */
export async function hasRemote(git: Git, remote: string): Promise<boolean> {
  return (await git.text(["remote"])).split("\n").includes(remote);
}

/**
 * Pushes all updates or none. Every ref is leased: if one isn't what it was expected to be, nothing changes
 * and the answer is `lost-race`, with what Git said.
 *
 * @throws SluiceError `push-rejected` where the server forbids it, `git` where it can't be reached and nothing was
 *   changed, `push-unknown` where even that isn't known.
 */
export async function pushAtomically(
  git: Git,
  remote: string,
  updates: readonly RefUpdate[],
  pushOptions: readonly string[] = [],
): Promise<{ kind: "pushed" } | { kind: "lost-race"; said: string }> {
  const args = [
    "push",
    // Without a remote a repository pushes to itself, so that there, too, it's all or nothing.
    ...(remote === "." ? ["--receive-pack=git -c receive.denyCurrentBranch=ignore receive-pack"] : []),
    "--porcelain",
    "--atomic",
    ...updates.map(({ ref, expected }) => `--force-with-lease=${ref}:${expected ?? ""}`),
  ];
  const refs = [remote, ...updates.map(({ ref, to }) => `${to ?? ""}:${ref}`)];
  let result = await git.attempt([...args, ...pushOptions.flatMap((option) => ["-o", option]), ...refs]);
  if (!result.ok && result.stderr.includes("does not support push options")) {
    result = await git.attempt([...args, ...refs]);
  }
  if (result.ok) {
    const overtaken = updates.find(
      ({ ref, expected, to }) => expected !== to && isUpToDate(result.stdout, ref),
    );
    if (overtaken) return { kind: "lost-race", said: `${overtaken.ref} had that value already` };
    return { kind: "pushed" };
  }
  const said = redact([result.stdout, result.stderr].filter(Boolean).join("\n"));
  if (isLostRace(said)) return { kind: "lost-race", said };
  if (said.includes("[remote rejected]")) {
    throw new SluiceError("push-rejected", `${remote} rejected the push:\n${said}`, {
      hint: `The account that pushes needs the right to move ${updates.map(({ ref }) => ref).join(", ")}; check protected tags and branches.`,
      exitCode: 1,
    });
  }
  return arrivedAnyway(git, remote, updates, said);
}

/**
 * A server may have done what was asked, and its answer got lost. So it is looked at what it has now.
 *
 * @throws SluiceError `git` where nothing was changed, `push-unknown` where it doesn't tell.
 */
async function arrivedAnyway(
  git: Git,
  remote: string,
  updates: readonly RefUpdate[],
  said: string,
): Promise<{ kind: "pushed" }> {
  const listing = await git.attempt(["ls-remote", remote, ...updates.map(({ ref }) => ref)]);
  if (!listing.ok) {
    throw new SluiceError(
      "push-unknown",
      `it isn't known whether the push to ${remote} came through:\n${said}`,
      {
        hint: "Run it again when the remote answers; what succeeded isn't done twice.",
        exitCode: 1,
      },
    );
  }
  const refs = new Map(
    listing.stdout.split("\n").map((line) => line.split("\t").toReversed() as [string, string]),
  );
  const isMoved = updates.some(({ expected, to }) => expected !== to);
  if (isMoved && updates.every(({ ref, to }) => refs.get(ref) === to)) return { kind: "pushed" };
  throw new SluiceError("git", `pushing to ${remote} failed:\n${said}`, {
    hint: "Check the network, the remote's address and its credentials; nothing was changed, so run it again.",
    exitCode: 1,
  });
}

/**
 * Git is content, whatever the lease says, where a ref has the wanted value already. Then somebody else put it
 * there. A line of `--porcelain`: flag, tab, `from:to`, tab, summary.
 */
function isUpToDate(porcelain: string, ref: string): boolean {
  return porcelain
    .split("\n")
    .some((line) => line.startsWith("=\t") && line.split("\t")[1]?.endsWith(`:${ref}`));
}

/** A lease that didn't hold, or another push that was faster on the server. */
function isLostRace(said: string): boolean {
  return (
    /\[rejected\] \((?:stale info|fetch first|non-fast-forward|already exists|needs force)\)/.test(said) ||
    /\[remote rejected\] \([^)]*(?:cannot lock ref|failed to update ref|reference already exists|incorrect old value)/.test(
      said,
    )
  );
}
