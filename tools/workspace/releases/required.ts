import { SluiceError } from "../../errors.ts";
import { nearestName } from "../../nearest-name.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { whyMoved } from "../../release/plan/next-locks.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import type { Project } from "./projects.ts";
import { describeProblem } from "../workspace.ts";

/** @throws SluiceError `unknown-project` */
export function requireProject(projects: ReadonlyMap<string, Project>, name: string): Project {
  const project = projects.get(name);
  if (project) return project;
  const nearest = nearestName(name, [...projects.keys()]);
  const meant = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  throw new SluiceError(
    "unknown-project",
    `there is no project ${JSON.stringify(name)} in this workspace${meant}`,
    {
      hint: "A project is a folder releases/NAME with a release.toml, as it is committed.",
      facts: { project: name },
    },
  );
}

/** @throws SluiceError `release-definition` naming every problem: nothing is released from half a definition */
export function requireDefinition({ name, definition, problems }: Project): Definition {
  if (definition && problems.length === 0) return definition;
  const lines = problems.map(({ file, ...problem }) =>
    describeProblem({ kind: "release", pkgbase: undefined, path: file, ...problem }),
  );
  throw new SluiceError("release-definition", lines.join("\n"), {
    hint: `Correct it and commit; \`sluice lint\` shows the same before a commit. Until then nothing of ${name} is released.`,
    facts: { project: name },
  });
}

/**
 * @param before the commit that the tag was at when it was released or seen, where that is known beside the locks
 * @throws SluiceError `moved-tag`: a tag that moved since releases nothing
 */
export function requireUnmoved(
  { name, locks }: Pick<Project, "name" | "locks">,
  ref: ReleaseRef,
  before?: string,
): void {
  const moved = whyMoved(ref, before, locks);
  if (moved === undefined) return;
  throw new SluiceError("moved-tag", moved, {
    hint: "Ask who moved it, and release it under a new tag.",
    facts: { project: name, ref: ref.name },
    exitCode: 1,
  });
}
