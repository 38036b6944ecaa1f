import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { defaultArch } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import { listFoldersIn, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import { editConfigFile } from "../../workspace/config/config-file.ts";
import { packagePath } from "../../workspace/files.ts";
import { parseWorkspace, treeOf } from "../../workspace/workspace.ts";
import { installedTemplate, recordOf, withSettings } from "../template/init.ts";
import { ignoring, requireCommitted } from "../template/take-over.ts";
import { writeFiles, type NewFile } from "../template/new-file.ts";
import { pinTool } from "../template/pin-tool.ts";
import type { TemplateChoice } from "../template/template.ts";
import { convert, type Conversion } from "./convert.ts";
import { compareNeeds, type UndeclaredNeed } from "./declared-needs.ts";

export interface LilacOptions extends TemplateChoice {
  readonly installation: string;
  /** Of the package repository. */
  readonly name: string;
  /** Receives messages for people. */
  readonly progress: (what: string) => void;
}

/** How a repository in lilac's form becomes a workspace; nothing is changed yet. */
export interface LilacPlan {
  /** Where the package folders lie, and stay. */
  readonly packagesDir: string;
  readonly conversions: readonly Conversion[];
  readonly write: readonly NewFile[];
  readonly remove: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly undeclared: readonly UndeclaredNeed[];
  /** What a person has to look at, of the whole. */
  readonly notes: readonly string[];
}

/**
 * Takes over a repository of package folders with `lilac.yaml`. Its Python is read and never run; what can't be
 * converted stays beside the package for a person.
 *
 * @throws SluiceError `not-lilac`, `uncommitted`, `npm`
 */
export async function planLilac(git: Git, options: LilacOptions): Promise<LilacPlan> {
  const { name, progress } = options;
  const tracked = (await git.text(["ls-files", "-z"])).split("\0").filter(Boolean);
  const { packagesDir, others } = findPackages(git.dir, tracked);
  await requireCommitted(git);
  progress("reading the packages");
  const folders = await listFoldersIn(git, "HEAD", packagesDir);
  const conversions = await convertAll(git, folders, name);
  progress("comparing what they need with what their recipes say");
  const workspace = parseWorkspace(await readFolders(git, folders));
  const undeclared = compareNeeds(conversions, treeOf(workspace, defaultArch));

  const settings = settingsFor(options, packagesDir, conversions);
  const template = (await installedTemplate(options.installation, options)).map((file) =>
    file.path === ".ci/config" ? { ...file, content: withSettings(file.content, settings) } : file,
  );
  const ignored = template.find(({ path }) => path === ".gitignore")!;
  const pipelines = template.filter(({ path, once }) => !once || !existsSync(join(git.dir, path)));
  const owners = codeOwners(packagesDir, conversions);
  const hasOwners = existsSync(join(git.dir, ".github/CODEOWNERS"));
  const own: NewFile[] = [
    { path: ".ci/aur-state", content: Buffer.from(`${await git.text(["log", "-1", "--format=%ct"])}\n`) },
    ...(hasOwners ? [] : [{ path: ".github/CODEOWNERS", content: Buffer.from(owners) }]),
    ...(await ignoring(git.dir, ignored.content)),
  ];
  const write = [
    ...pipelines.map(({ path, content }) => ({ path, content })),
    ...own,
    ...(await pinTool(options.installation, name, progress)),
    await recordOf(git, pipelines, options.platforms),
    ...conversions.flatMap((one) => packageFiles(packagesDir, one)),
  ];
  return {
    packagesDir,
    conversions,
    write,
    remove: conversions.flatMap((one) => readCompletely(packagesDir, folders, one)),
    settings,
    undeclared,
    notes: notesOn(conversions, others, hasOwners, name),
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

/** The folder with the most packages; a workspace has one. */
function findPackages(dir: string, tracked: readonly string[]): { packagesDir: string; others: string[] } {
  const counts = new Map<string, number>();
  for (const path of tracked) {
    const [, folder] = /^(?:(.+)\/)?[^/]+\/lilac\.yaml$/.exec(path) ?? [path, undefined];
    if (path.endsWith("/lilac.yaml")) counts.set(folder ?? ".", (counts.get(folder ?? ".") ?? 0) + 1);
  }
  const [most, ...others] = [...counts].sort(([, a], [, b]) => b - a);
  const hasPackageJson = tracked.includes("package.json");
  if (most && !hasPackageJson && !tracked.includes(".ci/config")) {
    return { packagesDir: most[0], others: others.map(([folder, count]) => `${folder} (${count})`) };
  }
  const why = most ? `has a ${hasPackageJson ? "package.json" : ".ci/config"} already` : "has no lilac.yaml";
  throw new SluiceError("not-lilac", `${dir} ${why}`, {
    hint: "Run it in a clone of a repository that lilac builds; `sluice init` makes a new workspace.",
    facts: { path: dir },
  });
}

async function convertAll(git: Git, { entries }: CommitFolders, repository: string): Promise<Conversion[]> {
  const folders = [...entries].filter(([, files]) => isText(files.get("lilac.yaml")));
  const ids = folders.flatMap(([, files]) =>
    ["lilac.yaml", "lilac.py"].flatMap((name) => (isText(files.get(name)) ? [files.get(name)!.id] : [])),
  );
  const blobs = await readBlobs(git, ids);
  return folders.map(([pkgbase, files]) =>
    convert({
      pkgbase,
      yaml: blobs.get(files.get("lilac.yaml")!.id)!.toString(),
      python: blobs.get(files.get("lilac.py")?.id ?? "")?.toString(),
      repository,
    }),
  );
}

/** More than a megabyte is no recipe's settings. */
function isText(entry: { readonly mode: string; readonly size: number | undefined } | undefined): boolean {
  return entry !== undefined && entry.mode.startsWith("100") && (entry.size ?? Infinity) <= 2 ** 20;
}

const mirror = "https://geo.mirror.pkgbuild.com";

function settingsFor(
  { name, scheduleTo }: LilacOptions,
  packagesDir: string,
  conversions: readonly Conversion[],
): Record<string, string> {
  const asks = conversions.some(({ files }) => [...files.values()].some((text) => text.includes("alpm")));
  const databases = ["core", "extra", "multilib"].map((repo) => `${mirror}/${repo}/os/x86_64/${repo}.db`);
  return {
    BUILD_REPO: name,
    REPO_NAME: name,
    CI_PACKAGES_DIR: packagesDir,
    CI_SCHEDULE_TO: scheduleTo,
    // lilac takes what nvchecker finds, and its builds have the network.
    CI_NVCHECKER_REVIEW: "false",
    BUILDER_NETWORK: "true",
    ...(asks && { CI_LIB_DB: databases.join(" ") }),
  };
}

function packageFiles(packagesDir: string, { pkgbase, settings, files }: Conversion): NewFile[] {
  const folder = packagePath(packagesDir, pkgbase);
  const text = Object.entries(settings).reduce((so, [key, value]) => editConfigFile(so, key, value), "");
  const all = [...(text === "" ? [] : [[".CI/config", text] as const]), ...files];
  return all.map(([path, content]) => ({ path: `${folder}/${path}`, content: Buffer.from(content) }));
}

/** Of packages that need no person; the others keep what the person has to read. */
function readCompletely(
  packagesDir: string,
  { entries }: CommitFolders,
  { pkgbase, lines }: Conversion,
): string[] {
  if (lines.length > 0) return [];
  const folder = entries.get(pkgbase)!;
  return ["lilac.yaml", "lilac.py"]
    .filter((name) => folder.has(name))
    .map((name) => `${packagePath(packagesDir, pkgbase)}/${name}`);
}

/** Who is asked on GitHub about a package's reviews. */
function codeOwners(packagesDir: string, conversions: readonly Conversion[]): string {
  const root = packagesDir === "." ? "" : `/${packagesDir}`;
  return conversions
    .filter(({ maintainers }) => maintainers.length > 0)
    .map(
      ({ pkgbase, maintainers }) => `${root}/${pkgbase}/ ${maintainers.map((one) => `@${one}`).join(" ")}\n`,
    )
    .join("");
}

function notesOn(
  conversions: readonly Conversion[],
  others: readonly string[],
  hasOwners: boolean,
  repository: string,
): string[] {
  const multilib = names(conversions, ({ buildPrefix }) => buildPrefix?.startsWith("multilib") ?? false);
  const otherArch = names(conversions, ({ buildPrefix }) =>
    /^(?:extra|archlinuxcn)-(?!x86_64$)/.test(buildPrefix ?? ""),
  );
  const pushed = names(conversions, ({ settings }) => settings["CI_MANAGE_AUR"] === "true");
  const both = names(conversions, (one) => one.isPushedToAur && one.settings["CI_MANAGE_AUR"] !== "true");
  const own = names(conversions, ({ asksOwnRepository }) => asksOwnRepository);
  return [
    ...others.map(
      (folder) =>
        `${folder} packages lie elsewhere: a workspace has one folder of them, so these need one of their own.`,
    ),
    ...(multilib.length > 0
      ? [`${list(multilib)}: built with [multilib]; the builder's pacman.conf needs it.`]
      : []),
    ...(otherArch.length > 0
      ? [
          `${list(otherArch)}: built for another architecture; they need a builder of that kind and BUILDER_CLASS.`,
        ]
      : []),
    ...(pushed.length > 0
      ? [
          `${list(pushed)}: pushed to the AUR, once .ci/config has CI_MANAGE_AUR=true and the pipelines have AUR_KEY.`,
        ]
      : []),
    ...(both.length > 0
      ? [
          `${list(both)}: lilac pushes them to the AUR and rebuilds them with others. With CI_MANAGE_AUR=true a package is never bumped, so choose: they are rebuilt now, and not pushed.`,
        ]
      : []),
    ...(own.length > 0
      ? [
          `${list(own)}: rebuilt with packages of ${repository} itself; add its database to CI_LIB_DB in .ci/config once it is published.`,
        ]
      : []),
    ...(hasOwners
      ? [".github/CODEOWNERS is there already: the maintainers of lilac.yaml aren't written into it."]
      : []),
  ];
}

function names(conversions: readonly Conversion[], which: (one: Conversion) => boolean): string[] {
  return conversions.filter(which).map(({ pkgbase }) => pkgbase);
}

function list(packages: readonly string[]): string {
  const shown = packages.slice(0, 3).join(", ");
  return packages.length > 3 ? `${shown} and ${packages.length - 3} more` : shown;
}
