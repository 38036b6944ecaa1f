import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { redact } from "../../git/git.ts";
import type { RemoteRefs } from "../refs/remote-refs.ts";
import { followedSources, type FollowedSource } from "./vcs-sources.ts";

/** A package that is built from the newest commits of its sources. */
export interface CommitFollower {
  readonly pkgbase: string;
  readonly srcinfo: Srcinfo | undefined;
}

/** What a look at the sources of such a package found. */
export type CommitSighting =
  /** `commit`: several sources' ids are joined with `+`, in the order of the sources. `url`: the first one's. */
  | { readonly kind: "commit"; readonly commit: string; readonly url: string }
  /** There is nothing to follow: what is remembered of it is to be forgotten. */
  | { readonly kind: "pinned" }
  /** Looking again may help, or won't. */
  | { readonly kind: "unavailable" | "problem"; readonly error: SluiceError };

/**
 * The newest commits of what the packages are built from: of the first Git source that isn't pinned, or of all of
 * them. Exactly one answer for each package; none spoils another's.
 */
export async function newestCommits(
  refs: RemoteRefs,
  packages: readonly CommitFollower[],
  sources: "first" | "all",
): Promise<ReadonlyMap<string, CommitSighting>> {
  const sightings = await Promise.all(
    packages.map(async (pkg) => [pkg.pkgbase, await look(refs, pkg, sources)] as const),
  );
  return new Map(sightings);
}

async function look(
  refs: RemoteRefs,
  { pkgbase, srcinfo }: CommitFollower,
  wanted: "first" | "all",
): Promise<CommitSighting> {
  if (!srcinfo) return { kind: "problem", error: noSrcinfo(pkgbase) };
  let followed: FollowedSource[];
  try {
    followed = followedSources(srcinfo);
  } catch (error) {
    if (error instanceof SluiceError) return { kind: "problem", error };
    throw error;
  }
  const [first] = followed;
  if (!first) return { kind: "pinned" };
  const asked = wanted === "all" ? followed : [first];
  const answers = await Promise.all(asked.map((source) => newestCommit(refs, source)));
  const problem =
    answers.find(({ kind }) => kind === "problem") ?? answers.find(({ kind }) => kind === "unavailable");
  if (problem) return problem;
  const ids = answers.map((answer) => (answer.kind === "commit" ? answer.commit : ""));
  return { kind: "commit", commit: ids.join("+"), url: redact(first.url) };
}

async function newestCommit(refs: RemoteRefs, { url, ref }: FollowedSource): Promise<CommitSighting> {
  const answer = await refs.ask(url, [ref]);
  if (answer.kind !== "refs") return answer;
  const commit = answer.refs.get(ref)?.id;
  return commit === undefined ? { kind: "problem", error: noRef(url, ref) } : { kind: "commit", commit, url };
}

function noSrcinfo(pkgbase: string): SluiceError {
  return new SluiceError(
    "no-srcinfo",
    "what its sources are isn't known without running the PKGBUILD, and there is no .SRCINFO",
    {
      hint: "Write it with: makepkg --printsrcinfo > .SRCINFO",
      facts: { pkgbase },
      exitCode: 1,
    },
  );
}

function noRef(url: string, ref: string): SluiceError {
  const what =
    ref === "HEAD"
      ? "no HEAD: it is empty, or its default branch is gone"
      : `no branch ${ref.slice("refs/heads/".length)}`;
  return new SluiceError("no-branch", `${redact(url)} has ${what}`, {
    hint: "Correct the branch in the source array of the PKGBUILD, and write .SRCINFO again.",
    exitCode: 1,
  });
}
