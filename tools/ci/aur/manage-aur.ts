import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { inParallel } from "../../system/in-parallel.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { aurCommitMessage, isOwnCommit } from "./commit-message.ts";
import { commitThatHad, isSameButLayout } from "./recipe-history.ts";
import { managedPackages, type ManagedPackage } from "./managed-packages.ts";
import { AurRemote, type AurTip } from "./aur-repositories.ts";
import { aurObjections } from "./aur-rules.ts";
import { aurServer, type AurServer } from "./aur-server.ts";
import type { Platform } from "../pipeline/platform.ts";

/** Connections to the AUR at a time. */
const atOnce = 4;

export interface AurPorts {
  readonly git: Git;
  readonly platform: Platform;
  /** AUR_KEY */
  readonly key: string | undefined;
  readonly now: () => Date;
  /** Default: the AUR. */
  readonly server?: AurServer | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What is decided for a managed package. */
export type AurDecision =
  | AurPush
  | { readonly kind: "unchanged"; readonly pkgbase: string; readonly tip: string }
  /** The AUR is ahead, and is where the package's updates come from. */
  | { readonly kind: "wait"; readonly pkgbase: string; readonly reason: string }
  | { readonly kind: "problem"; readonly pkgbase: string; readonly error: SluiceError };

export interface AurPush {
  readonly kind: "push";
  readonly pkgbase: string;
  readonly reason: string;
  /** The commit that the AUR has; undefined: a new repository. */
  readonly parent: string | undefined;
  /** Files of the recipe that are new or other ones, and those that go. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly tree: string;
  readonly message: string;
}

export interface AurPlan {
  /** The commit whose recipes are compared. */
  readonly commit: string;
  readonly workspace: Workspace;
  /** By pkgbase. */
  readonly decisions: readonly AurDecision[];
}

/** What became of a package. */
export type AurOutcome =
  | Exclude<AurDecision, AurPush>
  | { readonly kind: "pushed"; readonly pkgbase: string; readonly reason: string; readonly commit: string };

/**
 * Brings the AUR's repositories of managed packages to what a commit of main says. Always compares everything, so
 * that what couldn't be pushed is found again by the next run.
 *
 * @param request `pkgbases`: these alone. `dryRun`: nothing is pushed, and there are no outcomes.
 * @throws SluiceError `not-managed` naming every pkgbase that isn't; what goes wrong with a package is its outcome
 */
export async function manageAur(
  ports: AurPorts,
  request: { readonly commit: string; readonly pkgbases?: readonly string[]; readonly dryRun?: boolean },
): Promise<{ plan: AurPlan; outcomes: readonly AurOutcome[] }> {
  const { git, key, server = aurServer } = ports;
  const { commit, pkgbases = [], dryRun = false } = request;
  const { workspace, managed } = await managedPackages(git, commit, pkgbases);
  if (managed.length === 0) return { plan: { commit, workspace, decisions: [] }, outcomes: [] };
  let aur: AurRemote;
  try {
    aur = await AurRemote.open(git, key, server);
  } catch (error) {
    const decisions = managed.map(({ pkgbase }) => asProblem(pkgbase, error));
    return { plan: { commit, workspace, decisions }, outcomes: dryRun ? [] : decisions };
  }
  try {
    const plan = await planAurPushes(ports, aur, { commit, workspace, managed });
    return { plan, outcomes: dryRun ? [] : await applyAurPushes(ports, aur, plan) };
  } finally {
    await aur.close();
  }
}

/** Looks at the AUR and decides; nothing is pushed yet. */
async function planAurPushes(
  { git, platform }: AurPorts,
  aur: AurRemote,
  {
    commit,
    workspace,
    managed,
  }: { commit: string; workspace: Workspace; managed: readonly ManagedPackage[] },
): Promise<AurPlan> {
  const email = workspace.config.GIT_AUTHOR_EMAIL;
  const decisions = await inParallel(managed, atOnce, async (pkg) => {
    try {
      return await decide(pkg);
    } catch (error) {
      return asProblem(pkg.pkgbase, error);
    }
  });
  return { commit, workspace, decisions };

  async function decide(pkg: ManagedPackage): Promise<AurDecision> {
    const { pkgbase, files } = pkg;
    const objections = aurObjections(pkgbase, files);
    if (objections.length > 0) return { kind: "problem", pkgbase, error: againstRules(pkgbase, objections) };
    const tip = await aur.tip(pkgbase);
    const tree = await aur.treeWith(pkgbase, tip, files);
    if (tip?.tree === tree) return { kind: "unchanged", pkgbase, tip: tip.commit };
    const reason = tip ? await whyReplace(pkg, tip) : "the AUR has no such package yet";
    if (typeof reason !== "string") return reason;
    const srcinfo = parseSrcinfo(Buffer.from(files.get(".SRCINFO")!.bytes).toString());
    const message = aurCommitMessage(pkgbase, srcinfo, { commit, folder: pkg.folder, platform });
    return { kind: "push", pkgbase, reason, parent: tip?.commit, ...differences(pkg, tip), tree, message };
  }

  /** The reason to put our recipe in the place of the AUR's, or what keeps us from it. */
  async function whyReplace(pkg: ManagedPackage, tip: AurTip): Promise<string | AurDecision> {
    const { pkgbase, files, followsAur } = pkg;
    const at = tip.commit.slice(0, 10);
    if (isOwnCommit(tip, email)) return `differs from what was pushed last (${at})`;
    if (followsAur && isSameButLayout(tip.files, files))
      return { kind: "unchanged", pkgbase, tip: tip.commit };
    const source = await commitThatHad(git, commit, pkg.folder, tip.files);
    if (source) return `the AUR's ${at} is what main had at ${source.slice(0, 10)}`;
    if (!followsAur) return { kind: "problem", pkgbase, error: foreignCommit(pkg, tip) };
    return { kind: "wait", pkgbase, reason: `the AUR's ${at} isn't taken into main yet` };
  }
}

/** Pushes what was planned; a package that can't be pushed keeps none of the others from it. */
async function applyAurPushes(
  { now, checkpoint }: AurPorts,
  aur: AurRemote,
  { workspace: { config }, decisions }: AurPlan,
): Promise<AurOutcome[]> {
  const identity = { name: config.GIT_AUTHOR_NAME, email: config.GIT_AUTHOR_EMAIL };
  const outcomes: AurOutcome[] = [];
  for (const decision of decisions) {
    if (decision.kind !== "push") {
      outcomes.push(decision);
      continue;
    }
    const { pkgbase, reason, parent, tree, message } = decision;
    const push = (): Promise<string> => aur.push(pkgbase, { parent, tree, message, identity, date: now() });
    try {
      const commit = await durably(checkpoint, "AUR repository pushed", push);
      outcomes.push({ kind: "pushed", pkgbase, reason, commit });
    } catch (error) {
      outcomes.push(asProblem(pkgbase, error));
    }
  }
  return outcomes;
}

function differences(
  { files }: ManagedPackage,
  tip: AurTip | undefined,
): Pick<AurPush, "changed" | "removed"> {
  const old = tip?.files ?? new Map<string, never>();
  const changed = [...files].filter(([path, { mode, bytes }]) => {
    const was = old.get(path);
    return was?.mode !== mode || !Buffer.from(was.bytes).equals(bytes);
  });
  const removed = [...old.keys()].filter((path) => !files.has(path) && !path.startsWith(".git"));
  return { changed: changed.map(([path]) => path), removed };
}

/** Anything but a known error is a defect, and is none of a package's. */
function asProblem(pkgbase: string, error: unknown): AurDecision & { kind: "problem" } {
  if (error instanceof SluiceError) return { kind: "problem", pkgbase, error };
  throw error;
}

function againstRules(pkgbase: string, objections: readonly string[]): SluiceError {
  return new SluiceError("aur-rules", `${pkgbase}: the AUR would refuse it: ${objections.join("; ")}`, {
    hint: "Nothing was pushed; fix the package's folder.",
    facts: { pkgbase },
    exitCode: 1,
  });
}

function foreignCommit({ pkgbase, folder }: ManagedPackage, { commit, authorEmail }: AurTip): SluiceError {
  const message = `${pkgbase}: the AUR has commit ${commit.slice(0, 10)} by ${authorEmail}, which main never had; it was not overwritten`;
  return new SluiceError("aur-foreign", message, {
    hint: `Commit the AUR's recipe to ${folder}, and what you want of your own on top of it; the next run pushes that.`,
    facts: { pkgbase, commit },
    exitCode: 1,
  });
}
