import { openGit } from "../../git/git.ts";
import { lintWorkspace } from "../../workspace/lint.ts";
import { describeProblem } from "../../workspace/workspace.ts";
import { info, printable } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

export async function lint({ root, json = false }: Options): Promise<number> {
  const dir = findRoot(root);
  const { packages, packagesDir, problems } = lintWorkspace(dir);
  if (json) {
    process.stdout.write(`${JSON.stringify(problems, null, 2)}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`${printable(describeProblem(problem))}\n`);
    info(
      `${count(packages, "package")}, ${problems.length === 0 ? "no problems" : count(problems.length, "problem")}.`,
    );
  }
  await mentionUncommitted(openGit(dir, process.env), packagesDir);
  return problems.length === 0 ? 0 : 1;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
