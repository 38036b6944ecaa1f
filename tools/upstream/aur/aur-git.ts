import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { isRefName } from "../refs/git-address.ts";
import { hardening, longestFetch } from "../refs/git-program.ts";
import { recipesFromCommits } from "../recipe-repositories/recipe-from-commit.ts";
import type { UpstreamPorts, UpstreamRecipe } from "../upstream.ts";

type GitPorts = Pick<UpstreamPorts, "http" | "scratch" | "aurProxy" | "aurGit">;

/** A recipe, or why there is none: not now, or for a person to look at. */
export type Fetched =
  | { readonly kind: "recipe"; readonly recipe: Pick<UpstreamRecipe, "files" | "revision" | "committedAt"> }
  | { readonly kind: "unavailable" | "problem"; readonly error: SluiceError };

/**
 * The recipes of these packages, by pkgbase: from the AUR, which has a repository for each, or from a mirror, all in
 * one fetch. Missing are those that aren't there.
 */
export async function fetchRecipes(
  ports: GitPorts,
  pkgbases: readonly string[],
): Promise<ReadonlyMap<string, Fetched>> {
  if (ports.aurGit !== "") {
    // makepkg takes names that Git doesn't; no mirror has them.
    const refs = pkgbases.map((pkgbase) => [pkgbase, `refs/heads/${pkgbase}`] as const);
    return fetchFrom(
      ports,
      ports.aurGit.replace(/^git\+/, ""),
      refs.filter(([, ref]) => isRefName(ref)),
    );
  }
  const fetched = await Promise.all(
    pkgbases.map((pkgbase) =>
      fetchFrom(ports, `https://aur.archlinux.org/${encodeURIComponent(pkgbase)}.git`, [[pkgbase, "HEAD"]]),
    ),
  );
  return new Map(fetched.flatMap((one) => [...one]));
}

/** pkgbase and the ref to fetch. */
type Ref = readonly [pkgbase: string, ref: string];

async function fetchFrom(
  { http, scratch, aurProxy }: GitPorts,
  url: string,
  refs: readonly Ref[],
): Promise<ReadonlyMap<string, Fetched>> {
  if (refs.length === 0) return new Map();
  const proxy = aurProxy === "" ? [] : ["-c", `http.proxy=${aurProxy}`];
  try {
    const own = await ownRepository(scratch);
    const existing = await http.politely(url, () => fetchExisting(own, [...settings, ...proxy], url, refs));
    return await readRecipes(own, existing);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return new Map(refs.map(([pkgbase]) => [pkgbase, { kind: "unavailable", error }]));
  }
}

/** A mirror may lie on this machine. */
const settings = [...hardening, "-c", "protocol.file.allow=always"];

/** Git locks a repository during a shallow fetch, so in a common one fetches would get in each other's way. */
async function ownRepository(scratch: Git): Promise<Git> {
  const own = scratch.at(await mkdtemp(join(scratch.dir, "aur-")));
  await own.text(["init", "--quiet", "--bare", "--template="]);
  return own;
}

/** Fetches the refs that are there, the nth as `localRef(n)`, and returns them. */
async function fetchExisting(
  own: Git,
  settings: readonly string[],
  url: string,
  refs: readonly Ref[],
): Promise<readonly Ref[]> {
  const git = (args: readonly string[], input = ""): ReturnType<Git["attempt"]> =>
    own.attempt([...settings, ...args], { timeout: longestFetch, input });
  // Named in full on standard input: Git asks the server for these alone, however many refs it has.
  const fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--stdin", "--", url];
  const refspecs = (some: readonly Ref[]): string =>
    some.map(([, ref], index) => `+${ref}:${localRef(index)}\n`).join("");

  const all = await git(fetch, refspecs(refs));
  if (all.ok) return refs;
  if (!all.stderr.includes("couldn't find remote ref")) throw unavailable(url, all.stderr);
  // Git fetches all or nothing. What there is, only the list of everything tells.
  const listing = await git(["ls-remote", "--", url]);
  if (!listing.ok) throw unavailable(url, listing.stderr);
  const there = new Set(listing.stdout.split("\n").map((line) => line.split("\t")[1]));
  const existing = refs.filter(([, ref]) => there.has(ref));
  const rest = existing.length > 0 ? await git(fetch, refspecs(existing)) : listing;
  if (!rest.ok) throw unavailable(url, rest.stderr);
  return existing;
}

function localRef(index: number): string {
  return `refs/recipes/${index}`;
}

async function readRecipes(git: Git, refs: readonly Ref[]): Promise<ReadonlyMap<string, Fetched>> {
  if (refs.length === 0) return new Map();
  const listing = await git.text(["for-each-ref", "--format=%(refname) %(objectname)", "refs/recipes"]);
  const commits = new Map(listing.split("\n").map((line) => line.split(" ") as [string, string]));
  const recipes = await recipesFromCommits(git, [...commits.values()]);
  const fetched = ([pkgbase]: Ref, index: number): [string, Fetched] => {
    const revision = commits.get(localRef(index))!;
    const read = recipes.get(revision)!;
    return [pkgbase, read.kind === "problem" ? read : { kind: "recipe", recipe: { ...read, revision } }];
  };
  return new Map(refs.map(fetched));
}

function unavailable(url: string, stderr: string): SluiceError {
  const { host } = new URL(url);
  const fatal = stderr.split("\n").find((line) => line.startsWith("fatal: "));
  const why = fatal?.replace("fatal: ", "").slice(0, 300) ?? "no answer in time";
  return new SluiceError("unavailable", `recipes can't be fetched from ${host || "the mirror"}: ${why}`, {
    hint: "The next run asks again.",
    facts: { host },
    exitCode: 1,
  });
}
