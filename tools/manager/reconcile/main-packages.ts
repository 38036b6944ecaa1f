import { parseRelation } from "../../alpm/relation.ts";
import { SluiceError } from "../../errors.ts";
import { resolveCommit } from "../../git/history.ts";
import type { Main, MainPackage } from "../../pkgrepo/publishing/plan-publish.ts";
import type { Package } from "../../workspace/workspace.ts";
import type { Installation } from "../installation.ts";
import type { Revision } from "./revision.ts";

/** What main makes, by pkgbase. */
export function mainPackages({ workspace, tree }: Revision): Main["packages"] {
  return new Map(
    [...workspace.packages.values()].map((pkg): [string, MainPackage] => {
      const { pkgnames } = tree.packages.get(pkg.pkgbase)!;
      return [pkg.pkgbase, { pkgnames, offers: offersOf(pkg, pkgnames) }];
    }),
  );
}

/**
 * Main as this clone knows it: HEAD, or a commit that was scheduled and isn't in HEAD's history yet. Undefined where
 * it isn't in the clone.
 */
export async function mainRevision(
  { git, revisions }: Pick<Installation, "git" | "revisions">,
  commit: string,
): Promise<Revision | undefined> {
  const head = await resolveCommit(git, "HEAD");
  const isInHead =
    head === commit ||
    (head !== undefined && (await git.attempt(["merge-base", "--is-ancestor", commit, head])).ok);
  try {
    return await revisions.at(isInHead ? head : commit);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "commit-missing") return undefined;
    throw error;
  }
}

/** Names that it provides or replaces, beside its own. */
function offersOf({ srcinfo }: Package, pkgnames: readonly string[]): string[] {
  if (!srcinfo) return [];
  const sections = [srcinfo.base, ...srcinfo.packages.map(({ fields }) => fields)];
  const texts = sections.flatMap((fields) =>
    [...fields].flatMap(([field, values]) => (/^(?:provides|replaces)(?:_|$)/.test(field) ? values : [])),
  );
  return texts.map((text) => parseRelation(text).name).filter((name) => !pkgnames.includes(name));
}
