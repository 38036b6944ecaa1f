import { defaultArch } from "../../alpm/names.ts";
import { srcinfoVersion, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { RecipeFile } from "../../workspace/recipe-changes.ts";
import { judgeFirst } from "../../gate/origin/first-recipe.ts";
import type { Finding, Verdict } from "../../gate/judge.ts";
import type { AurSearch } from "../../upstream/aur/aur-search.ts";
import type { Upstreams } from "../../upstream/sources.ts";
import type { Sighting, UpstreamRecipe } from "../../upstream/upstream.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { scriptsOf } from "../../gate/files/scripts.ts";
import type { AddRequest } from "./add-requests.ts";
import { withoutIgnoreFiles } from "../updates/recipe-in-commit.ts";
import { takeRecipe } from "../updates/take-recipe.ts";
import { recipeSrcinfo } from "../../workspace/metadata/recipe-srcinfo.ts";

/** A recipe that isn't in the workspace yet, and what the gate says of it. */
export interface FirstRecipe extends AddRequest {
  readonly files: readonly RecipeFile[];
  readonly srcinfo: Srcinfo | undefined;
  readonly version: string | undefined;
  readonly verdict: Verdict;
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly state: PackageState;
}

interface Sources {
  readonly upstreams: Upstreams;
  readonly aur: AurSearch;
  readonly trustedMaintainers: ReadonlySet<string>;
  readonly now: Date;
}

/**
 * Fetches recipes and judges them as new ones.
 *
 * @param onFailure takes the reason of each that isn't available; without it they are an error
 * @throws SluiceError `not-fetched` (exit 1) with the reason for each that isn't available
 */
export async function fetchFirstRecipes(
  requests: readonly AddRequest[],
  sources: Sources,
  onFailure?: (error: SluiceError) => void,
): Promise<FirstRecipe[]> {
  const sightings = await sources.upstreams.recipes(
    requests.map(({ pkgbase, source }) => ({
      pkgbase,
      source,
      byNvchecker: false,
      srcinfo: undefined,
      recipe: async () => new Map(),
      seen: {},
    })),
  );
  const failed = requests.flatMap(({ pkgbase }) => whyNot(pkgbase, sightings.get(pkgbase)) ?? []);
  if (failed.length > 0 && !onFailure) throw notFetched(failed);
  for (const error of failed) onFailure?.(error);
  const fetched = requests.filter(({ pkgbase }) => sightings.get(pkgbase)?.kind === "recipe");
  return Promise.all(fetched.map((request) => judgeOne(request, sightings.get(request.pkgbase), sources)));
}

function whyNot(pkgbase: string, sighting: Sighting | undefined): SluiceError | undefined {
  if (sighting?.kind === "recipe") return undefined;
  if (sighting && "error" in sighting) return sighting.error;
  return new SluiceError("not-fetched", `${pkgbase}: upstream has no recipe`);
}

function notFetched(errors: readonly SluiceError[]): SluiceError {
  const hints = new Set(errors.flatMap(({ code }) => hintsFor[code] ?? []));
  return new SluiceError("not-fetched", errors.map(({ message }) => message).join("\n"), {
    hint: ["Nothing was added.", ...hints].join(" "),
    exitCode: 1,
  });
}

/** What those errors hint at is meant for packages that are there. */
const hintsFor: Readonly<Record<string, string>> = {
  "not-in-aur":
    "Look for the name at https://aur.archlinux.org; a pkgbase that is no pkgname is added by its Git URL, PKGBASE/https://aur.archlinux.org/PKGBASE.git.",
  unavailable: "Try again later.",
  stale: "Try again later.",
};

async function judgeOne(
  { pkgbase, source }: AddRequest,
  sighting: Sighting | undefined,
  { aur, trustedMaintainers, now }: Sources,
): Promise<FirstRecipe> {
  const { recipe, seen } = sighting as Extract<Sighting, { kind: "recipe" }>;
  const files = takeRecipe(pkgbase, recipe.files);
  const accounts = await aur.oldestSubmissions(recipe.maintainers ?? []);
  const context = {
    architectures: [defaultArch],
    maintainersAfter: recipe.maintainers,
    trustedMaintainers,
    metadataTime: recipe.metadataTime,
    recipeCommitTime: publishedAt(recipe, seen.timestamp),
    now: now.getTime(),
    cooldownHours: 0,
    allowedLines: [],
    tagAnswers: new Map(),
    readings: await openSecondReader().read(
      scriptsOf({ pkgbase, before: undefined, after: withoutIgnoreFiles(recipe.files) }),
    ),
  };
  const facts = { aur: recipe.aur, accounts };
  const srcinfo = recipeSrcinfo(recipe.files);
  return {
    pkgbase,
    source,
    files,
    srcinfo,
    version: srcinfo && srcinfoVersion(srcinfo),
    ...judgeFirst(pkgbase, withoutIgnoreFiles(recipe.files), context, facts),
    state: { timestamp: seen.timestamp, revision: seen.revision, maintainers: recipe.maintainers },
  };
}

/** A commit's own date is its author's to choose. */
function publishedAt({ committedAt = 0 }: UpstreamRecipe, pushedAt = 0): number {
  return Math.max(committedAt, pushedAt * 1000);
}
