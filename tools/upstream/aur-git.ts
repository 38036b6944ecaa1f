import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Git } from "../git/git.ts";
import { recipesFromCommits } from "./recipe-from-commit.ts";
import type { UpstreamPorts, UpstreamRecipe } from "./upstream.ts";

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
    const refs = pkgbases.filter(isBranchName).map((pkgbase) => [pkgbase, `refs/heads/${pkgbase}`] as const);
    return fetchFrom(ports, ports.aurGit.replace(/^git\+/, ""), refs);
  }
  const fetched = await Promise.all(
    pkgbases.map((pkgbase) =>
      fetchFrom(ports, `https://aur.archlinux.org/${encodeURIComponent(pkgbase)}.git`, [[pkgbase, "HEAD"]]),
    ),
  );
  return new Map(fetched.flatMap((one) => [...one]));
}

/** Names that makepkg takes and Git doesn't (git-check-ref-format(1)): no mirror has them. */
function isBranchName(pkgbase: string): boolean {
  return !/\.\.|\.$|\.lock$/.test(pkgbase);
}

/** pkgbase and the ref to fetch. */
type Ref = readonly [pkgbase: string, ref: string];

async function fetchFrom(
  { http, scratch, aurProxy }: GitPorts,
  url: string,
  refs: readonly Ref[],
): Promise<ReadonlyMap<string, Fetched>> {
  if (refs.length === 0) return new Map();
  const settings = aurProxy === "" ? patience : [...patience, "-c", `http.proxy=${aurProxy}`];
  try {
    const own = await ownRepository(scratch);
    const existing = await http.politely(url, () => fetchExisting(own, settings, url, refs));
    return await readRecipes(own, existing);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return new Map(refs.map(([pkgbase]) => [pkgbase, { kind: "unavailable", error }]));
  }
}

/** Git itself waits for ever for a server that says nothing. */
const patience = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"];

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
  const git = async (args: readonly string[], input?: string): Promise<string> => {
    try {
      return await own.text([...settings, ...args], input);
    } catch (error) {
      throw error instanceof SluiceError && !isMissingRef(error) ? unavailable(url, error) : error;
    }
  };
  // Named in full on standard input: Git asks the server for these alone, however many refs it has.
  const fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--stdin", "--", url];
  const refspecs = (some: readonly Ref[]): string =>
    some.map(([, ref], index) => `+${ref}:${localRef(index)}\n`).join("");
  try {
    await git(fetch, refspecs(refs));
    return refs;
  } catch (error) {
    if (!isMissingRef(error)) throw error;
  }
  // Git fetches all or nothing. What there is, only the list of everything tells.
  const lines = (await git(["ls-remote", "--", url])).split("\n");
  const there = new Set(lines.map((line) => line.split("\t")[1]));
  const existing = refs.filter(([, ref]) => there.has(ref));
  if (existing.length > 0) await git(fetch, refspecs(existing));
  return existing;
}

function localRef(index: number): string {
  return `refs/recipes/${index}`;
}

function isMissingRef(error: unknown): boolean {
  return error instanceof SluiceError && String(error.facts["said"]).includes("couldn't find remote ref");
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

function unavailable(url: string, cause: SluiceError): SluiceError {
  const { host } = new URL(url);
  const said = cause.facts["said"];
  const why = typeof said === "string" && said !== "" ? said.split("\n").at(-1) : cause.message;
  return new SluiceError("unavailable", `recipes can't be fetched from ${host || "the mirror"}: ${why}`, {
    hint: "The next run asks again.",
    facts: { host },
    exitCode: 1,
    cause,
  });
}
