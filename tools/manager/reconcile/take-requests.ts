import type { MadeFrom } from "../../pkgrepo/snapshot.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import { followsUpstream, sameRecipe } from "../../workspace/identity.ts";
import type { RequestList } from "../../workspace/state/requests.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { Installation } from "../installation.ts";
import { publishedAs } from "./complete-packages.ts";
import type { Revision } from "./revision.ts";
import { submitBuilds } from "./submit.ts";

/**
 * Submits what pipelines asked for since the last time, each request once for each package repository, however many
 * builders take from its queue: the queue remembers up to which number they were taken, in the transaction that
 * accepts them. Packages are built as main has them now; those that main no longer has are left out.
 *
 * @returns what was asked for and isn't published yet
 */
export async function takeRequests(
  installation: Installation,
  revision: Revision,
  { number: upTo, builds }: RequestList,
): Promise<readonly WantedBuild[]> {
  const { queue, repository, arch } = installation;
  const { packages, config } = revision.workspace;
  const after = await queue.taken({ source: config.REPO_NAME, target: repository.name, arch });
  if (upTo <= after) return [];
  const published = await publishedAs(installation, revision);
  const wanted = [...builds].flatMap(([pkgbase, { number, ...request }]) => {
    const pkg = packages.get(pkgbase);
    const record = published.get(pkgbase);
    if (!pkg || number <= after || !revision.isBuiltHere(pkgbase)) return [];
    const isCurrent = sameRecipe(record, revision.identity(pkgbase));
    return isCurrent && hasNothingNew(pkg, request, record!) ? [] : [{ pkgbase, ...request }];
  });
  await submitBuilds(installation, revision, wanted, [], { after, upTo });
  return wanted;
}

/** Whether building a package again, from the recipe that is published, can't make anything else of it. */
export function hasNothingNew(
  pkg: Package,
  { upstream }: Pick<WantedBuild, "upstream">,
  { vcs }: Pick<MadeFrom, "vcs">,
): boolean {
  if (!upstream) return !followsUpstream(pkg);
  const built = new Set(Object.values(vcs));
  return upstream.every((commit) => built.has(commit));
}
