import { basename } from "node:path";
import { defaultArch } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { readBlobs } from "../../git/objects.ts";
import { namedFiles } from "../../workspace/build-files.ts";
import { listFoldersIn, readFolders, type CommitFolders } from "../../workspace/commit.ts";
import { editConfigFile } from "../../workspace/config/config-file.ts";
import { packagePath } from "../../workspace/files.ts";
import { parseWorkspace, treeOf } from "../../workspace/workspace.ts";
import type { NewFile } from "../template/new-file.ts";
import { convert, type Conversion } from "./convert.ts";
import { compareNeeds, type UndeclaredNeed } from "./declared-needs.ts";

/** What a repository in lilac's form becomes, but for its pipelines. */
export interface ConvertedRepository {
  /** Where the package folders lie, and stay. */
  readonly packagesDir: string;
  readonly conversions: readonly Conversion[];
  readonly write: readonly NewFile[];
  readonly remove: readonly string[];
  /** Keys of `.ci/config`. */
  readonly settings: Readonly<Record<string, string>>;
  /** For GitHub's CODEOWNERS. */
  readonly owners: string;
  readonly undeclared: readonly UndeclaredNeed[];
  /** What a person has to look at, of the whole. */
  readonly notes: readonly string[];
}

/**
 * Reads the packages of the commit that is checked out. Their Python is read and never run.
 *
 * @param name of the package repository
 * @throws SluiceError `not-lilac`
 */
export async function convertRepository(
  git: Git,
  name: string,
  progress: (what: string) => void,
): Promise<ConvertedRepository> {
  const tracked = (await git.text(["ls-files", "-z"])).split("\0").filter(Boolean);
  const { packagesDir, others } = findPackages(git.dir, tracked);
  progress("reading the packages");
  const folders = await listFoldersIn(git, "HEAD", packagesDir);
  const conversions = await convertAll(git, folders, name);
  progress("comparing what they need with what their recipes say");
  const workspace = parseWorkspace(await readFolders(git, folders));
  const since = await git.text(["log", "-1", "--format=%ct"]);
  return {
    packagesDir,
    conversions,
    write: [
      // Up to then lilac followed the AUR.
      { path: ".ci/aur-state", content: Buffer.from(`${since}\n`) },
      ...conversions.flatMap((one) => packageFiles(packagesDir, one)),
    ],
    remove: conversions.flatMap((one) => {
      const named = namedFiles([workspace.packages.get(one.pkgbase)?.srcinfo]);
      return readCompletely(packagesDir, folders, one).filter((path) => !named.has(basename(path)));
    }),
    settings: settingsFor(name, packagesDir, conversions),
    owners: codeOwners(packagesDir, conversions),
    undeclared: compareNeeds(conversions, treeOf(workspace, defaultArch)),
    notes: notesOn(conversions, others, name),
  };
}

/** The folder with the most packages; a workspace has one. */
function findPackages(dir: string, tracked: readonly string[]): { packagesDir: string; others: string[] } {
  const counts = new Map<string, number>();
  for (const path of tracked) {
    const [, folder] = /^(?:(.+)\/)?[^/]+\/lilac\.yaml$/.exec(path) ?? [path, undefined];
    if (path.endsWith("/lilac.yaml")) counts.set(folder ?? ".", (counts.get(folder ?? ".") ?? 0) + 1);
  }
  const [most, ...others] = [...counts].sort(([, a], [, b]) => b - a);
  if (most) {
    return { packagesDir: most[0], others: others.map(([folder, count]) => `${folder} (${count})`) };
  }
  throw new SluiceError("not-lilac", `${dir} has no lilac.yaml`, {
    hint: "Run it in a clone of a repository that lilac builds; `sluice init` makes a new workspace.",
    facts: { path: dir },
  });
}

async function convertAll(git: Git, { entries }: CommitFolders, repository: string): Promise<Conversion[]> {
  const folders = [...entries].filter(([, files]) => isText(files.get("lilac.yaml")));
  const ids = folders.flatMap(([, files]) =>
    ["lilac.yaml", "lilac.py", "PKGBUILD"].flatMap((name) =>
      isText(files.get(name)) ? [files.get(name)!.id] : [],
    ),
  );
  const blobs = await readBlobs(git, ids);
  return folders.map(([pkgbase, files]) =>
    convert({
      pkgbase,
      yaml: blobs.get(files.get("lilac.yaml")!.id)!.toString(),
      python: blobs.get(files.get("lilac.py")?.id ?? "")?.toString(),
      pkgbuild: blobs.get(files.get("PKGBUILD")?.id ?? "")?.toString(),
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
  name: string,
  packagesDir: string,
  conversions: readonly Conversion[],
): Record<string, string> {
  const asks = conversions.some(({ files }) => [...files.values()].some((text) => text.includes("alpm")));
  const databases = ["core", "extra", "multilib"].map((repo) => `${mirror}/${repo}/os/x86_64/${repo}.db`);
  return {
    BUILD_REPO: name,
    REPO_NAME: name,
    CI_PACKAGES_DIR: packagesDir,
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
  ];
}

function names(conversions: readonly Conversion[], which: (one: Conversion) => boolean): string[] {
  return conversions.filter(which).map(({ pkgbase }) => pkgbase);
}

function list(packages: readonly string[]): string {
  const shown = packages.slice(0, 3).join(", ");
  return packages.length > 3 ? `${shown} and ${packages.length - 3} more` : shown;
}
