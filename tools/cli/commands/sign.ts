import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openGit } from "../../git/git.ts";
import { isByASigner, signatureFile, signDefinition } from "../../manager/releases/signature.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireDefinition, requireProject } from "../../workspace/releases/required.ts";
import { info, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";

interface Options {
  readonly root?: string;
  readonly key: string;
  readonly json?: boolean;
}

/** Signs a project's definition as it is committed; the signature is to be committed as well. */
export async function sign({ root, key, json = false }: Options, name: string): Promise<number> {
  const folder = findRoot(root);
  const git = openGit(folder, process.env);
  const project = requireProject(await readCommitProjects(git, "HEAD"), name);
  const definition = requireDefinition(project);
  await mentionUncommitted(git, "releases", new Set([name]));
  const file = signatureFile(name);
  const signature = await signDefinition(git, "HEAD", definition, key);
  await writeFile(join(folder, file), signature);
  if (!(await isByASigner(git, "HEAD", definition, signature))) {
    warn(
      `nobody in .ci/allowed-signers has this key for namespaces="sluice-release", so the signature counts for nothing yet.`,
    );
  }
  if (json) process.stdout.write(`${JSON.stringify({ file })}\n`);
  else info(`${file} signs ${name} as it is committed. Next: git add ${file}, and commit it.`);
  return 0;
}
