import { lintWorkspace } from "../../workspace/lint.ts";
import { describeProblem } from "../../workspace/workspace.ts";
import { info, printable } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

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
    info(
      `${count(packages, "package")}, ${problems.length === 0 ? "no problems" : count(problems.length, "problem")}.`,
    );
  }
  return problems.length === 0 ? 0 : 1;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
