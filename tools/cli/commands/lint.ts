import { lintVersions } from "../../ci/checks/lint-versions.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { openGit } from "../../git/git.ts";
import { derive } from "../../workspace/metadata/derived.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { lintWorkspace } from "../../workspace/lint.ts";
import { srcinfoFiles, writeSrcinfoFiles } from "../../workspace/srcinfo-files.ts";
import { describeProblem, unknownPackages } from "../../workspace/workspace.ts";
import {
  askAboutWorktree,
  compareInWorktree,
  learnAboutWorktree,
} from "../../workspace/ask-about-worktree.ts";
import { info, printable } from "../output/report.ts";
import { publishedHere } from "../wiring/published-here.ts";
import { findRoot } from "../wiring/root.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";

interface Options {
  readonly root?: string;
  readonly fix?: boolean;
  readonly json?: boolean;
}

export async function lint({ root, fix = false, json = false }: Options): Promise<number> {
  const folder = findRoot(root);
  const git = openGit(folder, process.env);
  const kept = KeptMetadata.of(folder, derive);
  if (kept.hasNews) await learnAboutWorktree(folder, kept);
  await compareInWorktree(folder, kept, openSecondReader().read);
  if (fix) await repair(folder);
  const first = lintWorkspace(folder, kept);
  const isTold = await askAboutWorktree(folder, unknownPackages(first), kept);
  const { workspace, projects, problems: found } = isTold ? lintWorkspace(folder, kept) : first;
  const published = await publishedHere(folder, workspace.config);
  const versions = await lintVersions(git, folder, workspace, published);
  const problems = [...found, ...versions].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (json) {
    process.stdout.write(`${JSON.stringify(problems, null, 2)}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`${printable(describeProblem(problem))}\n`);
    const released = projects === 0 ? "" : `${count(projects, "project")}, `;
    info(
      `${count(workspace.packages.size, "package")}, ${released}${problems.length === 0 ? "no problems" : count(problems.length, "problem")}.`,
    );
  }
  await mentionUncommitted(git, workspace.packagesDir);
  return problems.length === 0 ? 0 : 1;
}

/** Only what lies there already: a package may rightly have no `.SRCINFO`. */
async function repair(folder: string): Promise<void> {
  const stale = (await srcinfoFiles(folder, [])).filter(({ is }) => is === "stale");
  for (const { path } of writeSrcinfoFiles(folder, stale)) info(`${printable(path)}: written`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
