import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { treeFormats } from "../../deptree/formats.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { defaultArch } from "../../alpm/names.ts";
import { KeptMetadata } from "../../workspace/metadata/kept-metadata.ts";
import { describeProblem, readTree, unknownPackages } from "../../workspace/workspace.ts";
import { readWorktree } from "../../workspace/worktree.ts";
import { warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options {
  readonly root?: string;
  readonly format: keyof typeof treeFormats;
  readonly out?: string;
  readonly databases?: readonly string[];
  readonly json?: boolean;
}

export async function deptree({ root, format, out, databases = [], json = false }: Options): Promise<number> {
  const folder = findRoot(root);
  const distribution = await distributionNames(databases);
  const kept = KeptMetadata.of(folder);
  if (kept.hasNews) await learn(folder, kept);
  const read = (): ReturnType<typeof readTree> => {
    const files = readWorktree(folder, kept, { reads: "tree" });
    return readTree(files, defaultArch, distribution);
  };
  const first = await kept.reading(read);
  const isTold = await askAbout(folder, unknownPackages(first), kept);
  const { tree, problems } = isTold ? await kept.reading(read) : first;
  for (const problem of problems) {
    if (problem.kind.startsWith("srcinfo") || problem.kind === "pkgbuild") warn(describeProblem(problem));
  }
  for (const { packages, broken } of tree.cycles) {
    const left = broken.map(({ from, to }) => `${from} → ${to}`).join(", ");
    warn(`cycle: ${packages.join(", ")}; ordered without ${left}`);
  }
  const text = treeFormats[json ? "json" : format](tree);
  if (out === undefined) process.stdout.write(text);
  else writeInPlace(out, text);
  return 0;
}

async function learn(folder: string, kept: KeptMetadata): Promise<void> {
  const { learnAboutWorktree } = await import("../../workspace/ask-about-worktree.ts");
  await learnAboutWorktree(folder, kept);
}

/** What asking needs is loaded where somebody is asked. */
async function askAbout(folder: string, pkgbases: readonly string[], kept: KeptMetadata): Promise<boolean> {
  if (pkgbases.length === 0) return false;
  const { askAboutWorktree } = await import("../../workspace/ask-about-worktree.ts");
  return askAboutWorktree(folder, pkgbases, kept);
}

async function distributionNames(files: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  if (files.length === 0) return undefined;
  const { readDatabase } = await import("../../pkgrepo/database-file.ts");
  const databases = await Promise.all(files.map((file) => readDatabase(file)));
  return new Set(databases.flatMap((packages) => packages.map(({ name }) => name)));
}

/** A regular file is replaced as a whole; a device, a pipe or a link is written to. */
function writeInPlace(path: string, text: string): void {
  const isReplaceable = lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  const temporary = isReplaceable ? `${path}.${process.pid}.tmp` : path;
  try {
    writeFileSync(temporary, text);
    if (isReplaceable) renameSync(temporary, path);
  } catch (error) {
    if (isReplaceable) rmSync(temporary, { force: true });
    throw new SluiceError("write", `${path} can't be written (${systemCode(error)})`, {
      hint: "Name a file in a folder that exists and that you may write to.",
      facts: { path },
      cause: error,
    });
  }
}
