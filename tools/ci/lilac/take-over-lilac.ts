import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { installedTemplate, recordOf, withSettings } from "../template/init.ts";
import { ignoring, requireCommitted } from "../template/take-over.ts";
import { writeFiles, type NewFile } from "../template/new-file.ts";
import { pinTool } from "../template/pin-tool.ts";
import type { TemplateChoice } from "../template/template.ts";
import { convertRepository, type ConvertedRepository } from "./convert-repository.ts";

export interface LilacOptions extends TemplateChoice {
  readonly installation: string;
  /** Of the package repository. */
  readonly name: string;
  /** Receives messages for people. */
  readonly progress: (what: string) => void;
}

/** How a repository in lilac's form becomes a workspace; nothing is changed yet. */
export type LilacPlan = ConvertedRepository;

const ownersPath = ".github/CODEOWNERS";

/**
 * Takes over a repository of package folders with `lilac.yaml`. What can't be converted stays beside the package for a
 * person.
 *
 * @throws SluiceError `not-lilac`, `uncommitted`, `npm`
 */
export async function planLilac(git: Git, options: LilacOptions): Promise<LilacPlan> {
  const { name, scheduleTo, installation, platforms, progress } = options;
  await requireCommitted(git);
  const present = ["package.json", ".ci/config"].find((path) => existsSync(join(git.dir, path)));
  if (present !== undefined) throw isWorkspace(git.dir, present);
  const converted = await convertRepository(git, name, progress);
  const settings = { ...converted.settings, CI_SCHEDULE_TO: scheduleTo };
  const template = (await installedTemplate(installation, options)).map((file) =>
    file.path === ".ci/config" ? { ...file, content: withSettings(file.content, settings) } : file,
  );
  const ignored = template.find(({ path }) => path === ".gitignore")!;
  const pipelines = template.filter(({ path, once }) => !once || !existsSync(join(git.dir, path)));
  const hasOwners = existsSync(join(git.dir, ownersPath));
  const own: NewFile[] = [
    ...pipelines.map(({ path, content }) => ({ path, content })),
    ...(hasOwners ? [] : [{ path: ownersPath, content: Buffer.from(converted.owners) }]),
    ...(await ignoring(git.dir, ignored.content)),
    ...(await pinTool(installation, name, progress)),
    await recordOf(git, pipelines, platforms),
  ];
  return {
    ...converted,
    settings,
    write: [...own, ...converted.write],
    notes: [
      ...converted.notes,
      ...(hasOwners
        ? [`${ownersPath} is there already: the maintainers of lilac.yaml aren't written into it.`]
        : []),
    ],
  };
}

/** Changes the work tree and the index; nothing is committed. */
export async function applyLilac(git: Git, { write, remove }: LilacPlan): Promise<void> {
  await writeFiles(git.dir, write);
  for (const path of remove) await rm(join(git.dir, path), { force: true });
  const paths = [...write.map(({ path }) => path), ...remove];
  const fromInput = ["--pathspec-from-file=-", "--pathspec-file-nul"];
  const literal = ["--literal-pathspecs", "add", "--all", "--force", ...fromInput];
  await git.text(literal, paths.join("\0"));
}

function isWorkspace(dir: string, present: string): SluiceError {
  return new SluiceError("not-lilac", `${dir} has a ${present} already`, {
    hint: "Run it in a clone of a repository that lilac builds; `sluice init` makes a new workspace.",
    facts: { path: dir },
  });
}
