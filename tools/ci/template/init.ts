import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { writeBlobs } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { editConfigFile } from "../../workspace/config/config-file.ts";
import { writeFiles, type NewFile } from "./new-file.ts";
import { pinTool } from "./pin-tool.ts";
import { formatRecord, recordPath } from "./template-record.ts";
import {
  chooseFiles,
  isTemplatePath,
  parseTemplate,
  type TemplateChoice,
  type TemplateFile,
} from "./template.ts";

export interface InitOptions extends TemplateChoice {
  /** The folder of the Sluice that is running: its template, and what the workspace pins. */
  readonly installation: string;
  /** Of the workspace and of the package repository. */
  readonly name: string;
  /** Packages that it begins with, by their paths in the packages folder. */
  readonly packages?: readonly NewFile[];
  /** Further keys of `.ci/config`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Receives messages for people. */
  readonly progress: (what: string) => void;
}

/** A new workspace; nothing is written yet. */
export interface InitPlan {
  readonly files: readonly NewFile[];
  /** Whether the folder has to become a Git repository first. */
  readonly isNewRepository: boolean;
  /** They stay where they are. */
  readonly hasPackages: boolean;
}

/**
 * @param git in the folder that becomes the workspace; it may not exist yet
 * @throws SluiceError `not-empty`, `npm`
 */
export async function planInit(git: Git, options: InitOptions): Promise<InitPlan> {
  const { installation, name, scheduleTo, progress } = options;
  const { packages = [] } = options;
  const hasPackages = requireRoom(git.dir) || packages.length > 0;
  const template = await installedTemplate(installation, options);
  const settings = { BUILD_REPO: name, REPO_NAME: name, CI_SCHEDULE_TO: scheduleTo, ...options.settings };
  const files = template.map(({ path, content }) =>
    path === ".ci/config" ? { path, content: withSettings(content, settings) } : { path, content },
  );
  const all = [
    ...files,
    ...packages.map((file) => ({ ...file, path: `packages/${file.path}` })),
    // Git keeps no empty folders.
    ...(hasPackages ? [] : [{ path: "packages/.gitkeep", content: Buffer.alloc(0) }]),
    ...(await pinTool(installation, name, progress)),
  ];
  refuseOverwriting(git.dir, all);
  return {
    files: all,
    hasPackages,
    isNewRepository: !existsSync(join(git.dir, ".git")),
  };
}

export async function applyInit(
  git: Git,
  { files, isNewRepository }: InitPlan,
  { platforms }: TemplateChoice,
): Promise<void> {
  await mkdir(git.dir, { recursive: true });
  if (isNewRepository) await git.text(["init", "--quiet", "--initial-branch=main"]);
  await writeFiles(git.dir, [...files, await recordOf(git, files, platforms)]);
}

/**
 * A Git repository without commits is as good as empty, and packages stay where they are.
 *
 * @returns whether there are packages
 */
function requireRoom(dir: string): boolean {
  const present = listFolder(dir).filter((name) => name !== ".git");
  if (present.length === 0) return false;
  const [atRoot, inPackages] = [present, listFolder(join(dir, "packages")).map((name) => `packages/${name}`)];
  if ([...atRoot, ...inPackages].some((folder) => existsSync(join(dir, folder, "PKGBUILD")))) return true;
  const some = present.slice(0, 8).join(", ");
  const more = present.length > 8 ? ` and ${present.length - 8} more` : "";
  throw new SluiceError("not-empty", `${dir} is not empty: ${some}${more}`, {
    hint: "Name an empty folder, or one with package folders in it; `sluice init --from-chaotic` takes over a repository of Chaotic-AUR's kind.",
    facts: { path: dir },
  });
}

function refuseOverwriting(dir: string, files: readonly NewFile[]): void {
  const inTheWay = files.map(({ path }) => path).filter((path) => existsSync(join(dir, path)));
  if (inTheWay.length === 0) return;
  throw new SluiceError("not-empty", `${dir} has files that would be overwritten: ${inTheWay.join(", ")}`, {
    hint: "Move them away; nothing was written.",
    facts: { path: dir },
  });
}

function listFolder(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw new SluiceError("not-empty", `${dir} is no folder that can be read (${systemCode(error)})`, {
      hint: "Name an empty folder.",
      facts: { path: dir },
      cause: error,
    });
  }
}

/** The files of the template that this Sluice came with, as far as they are chosen. */
export async function installedTemplate(
  installation: string,
  choice: TemplateChoice,
): Promise<readonly (TemplateFile & NewFile)[]> {
  const folder = join(installation, "template");
  const template = parseTemplate(await readFile(join(folder, "template.json"), "utf8"));
  return Promise.all(
    chooseFiles(template, choice).map(async (file) => ({
      ...file,
      content: await readFile(join(folder, file.from ?? file.path)),
    })),
  );
}

/** `.ci/config` with some keys set. */
export function withSettings(content: Uint8Array, settings: Readonly<Record<string, string>>): Uint8Array {
  let text = new TextDecoder().decode(content);
  for (const [key, value] of Object.entries(settings)) text = editConfigFile(text, key, value);
  return Buffer.from(text);
}

/** What `sluice template update` goes by later. */
export async function recordOf(
  git: Git,
  files: readonly NewFile[],
  platforms: TemplateChoice["platforms"],
): Promise<NewFile> {
  const kept = files.filter(({ path }) => isTemplatePath(path));
  const ids = await writeBlobs(
    git,
    kept.map(({ content }) => content),
  );
  const record = {
    platforms: [...platforms],
    tag: null,
    files: Object.fromEntries(kept.map(({ path }, at) => [path, ids[at]!])),
  };
  return { path: recordPath, content: Buffer.from(formatRecord(record)) };
}
