import { SluiceError } from "../../errors.ts";
import { packagePath } from "../../workspace/files.ts";
import { dependencyProblems } from "../checks/check-dependencies.ts";
import { planOperation, readCurrentState, type OperationPlan, type OperationPorts } from "./operation.ts";
import { existingPackages } from "../../workspace/package-names.ts";

export interface DropPlan extends OperationPlan {
  readonly dependents: readonly Dependent[];
}

/** A package that stays and needs what nothing of the workspace provides any more. */
export interface Dependent {
  readonly pkgbase: string;
  /** As its .SRCINFO names it. */
  readonly name: string;
  /** `depends`, `makedepends`, `checkdepends`, with an architecture where it has one. */
  readonly field: string;
}

/**
 * Takes packages out of the workspace. It is refused where others need them, unless `force` says so.
 *
 * @throws SluiceError `unknown-package`
 */
export async function planDrop(
  ports: OperationPorts,
  names: readonly string[],
  { force }: { readonly force: boolean },
): Promise<DropPlan> {
  const present = await readCurrentState(ports);
  const { entries, workspace } = present.side;
  // `all` has no meaning here: a slip that empties a workspace is too easily made.
  const packages = existingPackages(names, workspace.packages);
  const paths = packages.flatMap((pkgbase) =>
    [...entries.get(pkgbase)!.keys()].map((path) => `${packagePath(workspace.packagesDir, pkgbase)}/${path}`),
  );
  const changes = new Map(paths.map((path) => [path, undefined]));
  const plan = await planOperation(ports, present, { kind: "chore(drop)", packages, changes });
  const dependents = dependencyProblems(workspace, plan.workspace).flatMap((problem) =>
    problem.kind === "lost-provider"
      ? [{ pkgbase: problem.pkgbase, name: problem.name, field: problem.field }]
      : [],
  );
  return { ...plan, dependents, ...(dependents.length > 0 && !force && { refusal: needed(dependents) }) };
}

function needed(dependents: readonly Dependent[]): SluiceError {
  const names = [...new Set(dependents.map(({ pkgbase }) => pkgbase))];
  return new SluiceError("needed", `still needed by ${names.join(", ")}; nothing was dropped`, {
    hint: "Drop these as well, or use --force where something else provides it.",
    facts: { names },
    exitCode: 1,
  });
}
