import { lintWorkspace } from "../../workspace/lint.ts";
import { describeProblem } from "../../workspace/workspace.ts";
import { info, printable } from "../report.ts";
import { findRoot } from "../root.ts";

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

export function lint({ root, json = false }: Options): number {
  const { packages, problems } = lintWorkspace(findRoot(root));
  if (json) {
    process.stdout.write(`${JSON.stringify(problems, null, 2)}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`${printable(describeProblem(problem))}\n`);
    info(`${packages} packages, ${problems.length === 0 ? "no problems" : `${problems.length} problems`}.`);
  }
  return problems.length === 0 ? 0 : 1;
}
