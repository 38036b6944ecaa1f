import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { redact, type Git } from "../../git/git.ts";
import { isRefName } from "../refs/git-address.ts";
import { fetchRefs } from "../refs/git-program.ts";
import { recipesFromCommits } from "./recipe-from-commit.ts";
import { RemoteRefs } from "../refs/remote-refs.ts";
import type { Followed, Sighting, Upstream, UpstreamPorts } from "../upstream.ts";

type Ports = Pick<UpstreamPorts, "http" | "scratch">;

/** A connection that breaks is tried once more. */
const tries = 2;

/** The branch of a repository that is a recipe. */
interface RecipeBranch {
  readonly url: string;
  /** `HEAD`, or the full name of a branch. */
  readonly ref: string;
}

/** Recipes that are repositories of their own: a Git URL, with `#branch=` for another branch than the default one. */
export function gitUpstream({ http, scratch }: Ports, refs = new RemoteRefs(http, scratch)): Upstream {
  return {
    look: async (packages) => {
      const sightings = packages.map(
        async (pkg) => [pkg.pkgbase, await caught(() => look({ http, scratch }, refs, pkg))] as const,
      );
      return new Map(await Promise.all(sightings));
    },
  };
}

async function look(ports: Ports, refs: RemoteRefs, { source, seen }: Followed): Promise<Sighting> {
  const branch = readSource(source);
  const answer = await refs.ask(branch.url, [branch.ref]);
  if (answer.kind !== "refs") return answer;
  const tip = answer.refs.get(branch.ref)?.id;
  if (tip === undefined) return { kind: "problem", error: noBranch(branch) };
  if (tip === seen.revision) return { kind: "unchanged", seen: { revision: tip } };
  // The branch may have moved on since it was asked for: what was fetched is what counts.
  const [git, revision] = await fetchBranch(ports, branch);
  const recipe = (await recipesFromCommits(git, [revision])).get(revision)!;
  if (recipe.kind === "problem") return recipe;
  if (!recipe.files.has("PKGBUILD")) return { kind: "problem", error: noPkgbuild(branch) };
  const { files, committedAt } = recipe;
  return { kind: "recipe", recipe: { files, revision, committedAt }, seen: { revision } };
}

/** `<url>` or `<url>#branch=<name>`. Throws SluiceError `bad-source`. */
function readSource(source: string): RecipeBranch {
  const [, url, fragment, name] = /^([^#]*)(#branch=([^#]*)|#.*)?$/s.exec(source) ?? [];
  if (url === undefined || (fragment !== undefined && name === undefined)) throw badSource(source);
  const ref = name === undefined ? "HEAD" : `refs/heads/${name}`;
  if (!isRefName(ref)) throw badSource(source);
  return { url, ref };
}

/** The commit, and the repository that it's in now. */
async function fetchBranch({ http, scratch }: Ports, { url, ref }: RecipeBranch): Promise<[Git, string]> {
  const git = await ownRepository(scratch);
  const ours = "refs/recipes/tip";
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRefs(http, git, url, new Map([[ref, ours]]));
      return [git, await git.text(["rev-parse", "--verify", `${ours}^{commit}`])];
    } catch (error) {
      const mayPass = error instanceof SluiceError && error.code === "unavailable";
      if (!mayPass || attempt === tries) throw error;
    }
  }
}

/** Two shallow fetches into one repository lock each other out. */
async function ownRepository(scratch: Git): Promise<Git> {
  const own = scratch.at(await mkdtemp(join(scratch.dir, "git-")));
  await own.text(["init", "--quiet", "--bare", "--template="]);
  return own;
}

/** One package's trouble is its sighting, and nobody else's. */
async function caught(look: () => Promise<Sighting>): Promise<Sighting> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: error.code === "unavailable" ? "unavailable" : "problem", error };
  }
}

function badSource(source: string): SluiceError {
  const shown = JSON.stringify(redact(source.slice(0, 200)));
  return new SluiceError("bad-source", `${shown} is no Git URL with an optional #branch=`, {
    hint: "Correct CI_PKGBUILD_SOURCE in the package's .CI/config.",
    exitCode: 1,
  });
}

function noBranch({ url, ref }: RecipeBranch): SluiceError {
  const what = ref === "HEAD" ? "no default branch" : `no branch ${ref.slice("refs/heads/".length)}`;
  return new SluiceError("no-branch", `${redact(url)} has ${what}`, {
    hint: "Correct CI_PKGBUILD_SOURCE in the package's .CI/config.",
    exitCode: 1,
  });
}

function noPkgbuild({ url }: RecipeBranch): SluiceError {
  return new SluiceError("no-pkgbuild", `${redact(url)} has no PKGBUILD at its root`, {
    hint: "Correct CI_PKGBUILD_SOURCE in the package's .CI/config: it has to be a repository of one recipe.",
    exitCode: 1,
  });
}
