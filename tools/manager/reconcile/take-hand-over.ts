import { SluiceError } from "../../errors.ts";
import type { HandOver } from "../../queue/bullmq/hand-overs.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { Installation } from "../installation.ts";
import type { Revision } from "./revision.ts";
import { submitBuilds } from "./submit.ts";

/**
 * For which package repository something was handed over. Pipelines of chaotic-manager's clients name the workspace's
 * own name as the target and BUILD_REPO as the source, or the other way.
 *
 * @param own REPO_NAME of the workspace that the manager was started in
 * @throws SluiceError `hand-over` where it is published elsewhere
 */
export function installationFor(
  installations: readonly Installation[],
  own: string,
  { source, target, arch }: Pick<HandOver, "source" | "target" | "arch">,
): Installation {
  const found = installations.find(({ arch: ours, repository, workspace }) => {
    const names = [repository.name, workspace?.name ?? own];
    const others = source === undefined ? [] : names.filter((name) => name !== target);
    return ours === arch && names.includes(target) && (others.length === 0 || others.includes(source!));
  });
  if (found) return found;
  const here = installations.map(({ repository }) => `${repository.name} (${repository.arch})`);
  throw new SluiceError(
    "hand-over",
    `a schedule of ${source ?? "a workspace"} for ${target} (${arch}) was handed over, and ${here.join(", ")} is published here`,
    { hint: "Compare REPO_NAME and BUILD_REPO in .ci/config with --source-repo and --target-repo." },
  );
}

/**
 * Submits what was handed over, as main has it now. Packages that main doesn't have are left out, and what is published
 * already with this very recipe ends as such.
 *
 * @throws SluiceError `hand-over-early` where main doesn't have its commit yet
 */
export async function takeHandOver(
  installation: Installation,
  revision: Revision,
  { commit, pipeline, packages }: HandOver,
): Promise<readonly WantedBuild[]> {
  const { config, packages: known } = revision.workspace;
  if (commit !== undefined && !(await contains(installation, revision.commit, commit))) {
    throw new SluiceError(
      "hand-over-early",
      `main doesn't have ${commit} yet, of which a schedule was handed over`,
      { hint: "It waits for an hour. Was main replaced, or isn't it pushed?" },
    );
  }
  const reason = pipeline === undefined ? "handed over" : `handed over by pipeline ${pipeline}`;
  const wanted = packages.flatMap(({ pkgbase, class: asked }) => {
    const pkg = known.get(pkgbase);
    if (!pkg) return [];
    const buildClass = asked ?? (pkg.config.BUILDER_CLASS || config.CI_DEFAULT_CLASS || null);
    return [{ pkgbase, class: buildClass, reason }];
  });
  await submitBuilds(installation, revision, wanted);
  return wanted;
}

async function contains({ git }: Installation, main: string, commit: string): Promise<boolean> {
  return (await git.attempt(["merge-base", "--is-ancestor", commit, main])).ok;
}
