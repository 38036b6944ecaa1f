import { isPkgbase } from "../alpm/names.ts";
import { missingParts, parseSrcinfo, type Srcinfo } from "../alpm/srcinfo.ts";
import { buildTree, type DependencyTree } from "../deptree/tree.ts";
import { relationFields, relationsOf, type PackageRelations } from "../deptree/relations.ts";
import { SluiceError } from "../errors.ts";
import {
  readPackageConfig,
  readRepositoryConfig,
  type ConfigProblem,
  type PackageConfig,
  type RepositoryConfig,
} from "./config/config.ts";
import { builtFor, isFor, whyForeign, type Architectures } from "./architectures.ts";
import { metadataOf, type Metadata } from "./metadata/metadata.ts";
import { packagePath, type FolderFiles, type WorkspaceFiles } from "./files.ts";

/** A package folder, read. */
export interface Package {
  readonly pkgbase: string;
  /** What the PKGBUILD says, in the form of a `.SRCINFO`; undefined where that isn't known, and a problem says why. */
  readonly srcinfo: Srcinfo | undefined;
  /** The `.SRCINFO` that lies beside it, where it was read. */
  readonly committed?: Srcinfo | undefined;
  /** Another program reads the PKGBUILD in another way, so that nothing that it seems to say counts. */
  readonly isReadOtherwise?: boolean;
  readonly config: PackageConfig;
}

/** Something that a person should fix; none of it keeps the other packages from being handled. */
export interface WorkspaceProblem {
  readonly kind:
    | ConfigProblem["kind"]
    | "folder-name"
    | "pkgbuild"
    | "srcinfo-missing"
    | "srcinfo-unreadable"
    | "srcinfo-stale"
    | "arch"
    | "same-version"
    | "release";
  /** Undefined: the repository's own files. */
  readonly pkgbase: string | undefined;
  /** From the root of the repository. */
  readonly path: string;
  /** Both counted from 1. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export interface Workspace {
  readonly config: RepositoryConfig;
  /** Where the package folders lie; `.` is the root. */
  readonly packagesDir: string;
  /** By pkgbase, sorted. */
  readonly packages: ReadonlyMap<string, Package>;
  readonly problems: readonly WorkspaceProblem[];
}

/**
 * Makes sense of a workspace's files. Never throws for what it finds in packages: a package that can't be
 * understood stays among the packages, as far as it can be, and the problem says why.
 */
export function parseWorkspace(files: WorkspaceFiles): Workspace {
  const problems: WorkspaceProblem[] = [];
  const config = configFrom(readRepositoryConfig(files.repositoryConfig), ".ci/config", undefined, problems);
  if (config.CI_SCHEDULE_TO !== "manager" && config.CI_ARCHES.length > 1) {
    const message = `CI_ARCHES: with CI_SCHEDULE_TO=${config.CI_SCHEDULE_TO} there is one architecture; only \`manager\` builds for several`;
    problems.push({ kind: "invalid-value", pkgbase: undefined, path: ".ci/config", message });
  }
  const packages = new Map<string, Package>();
  for (const pkg of parsePackages(files, config.CI_ARCHES, problems)) packages.set(pkg.pkgbase, pkg);
  return { config, packagesDir: files.packagesDir, packages, problems };
}

/**
 * @throws SluiceError `invalid-config` naming every invalid line of `.ci/config`: with settings that aren't
 *   what the operator meant, nothing may be changed.
 */
export function requireValidConfig({ problems }: Workspace): void {
  const invalid = problems.filter(
    ({ pkgbase, kind }) =>
      pkgbase === undefined && (kind === "invalid-value" || kind === "config-unreadable"),
  );
  if (invalid.length === 0) return;
  throw new SluiceError("invalid-config", invalid.map(describeProblem).join("\n"), {
    hint: "Correct .ci/config; `sluice lint` lists all problems.",
    facts: { path: ".ci/config" },
  });
}

/** Of the packages that the repository of that architecture has. */
export function treeOf(
  { packages, config }: Workspace,
  arch: string,
  distribution?: ReadonlySet<string>,
): DependencyTree {
  const fields = relationFields(arch);
  const relations = [...packages.values()].flatMap((pkg) =>
    isFor(pkg, arch, config.CI_ARCHES) ? [relationsOf(pkg.pkgbase, pkg.srcinfo, fields)] : [],
  );
  return buildTree(relations, distribution);
}

/**
 * The dependency tree of files of which nothing else is wanted: what a package says beyond whom it needs is let
 * go at once, which for thousands of packages halves the time.
 */
export function readTree(
  files: WorkspaceFiles,
  arch: string,
  distribution?: ReadonlySet<string>,
): { tree: DependencyTree; problems: readonly WorkspaceProblem[] } {
  const problems: WorkspaceProblem[] = [];
  const relations: PackageRelations[] = [];
  const fields = relationFields(arch);
  const { CI_ARCHES } = readRepositoryConfig(files.repositoryConfig).config;
  for (const pkg of parsePackages(files, CI_ARCHES, problems)) {
    if (isFor(pkg, arch, CI_ARCHES)) relations.push(relationsOf(pkg.pkgbase, pkg.srcinfo, fields));
  }
  return { tree: buildTree(relations, distribution), problems };
}

/** The packages that have no `.SRCINFO`, and whose PKGBUILD's text doesn't tell what it would say. */
export function unknownPackages({ problems }: { readonly problems: readonly WorkspaceProblem[] }): string[] {
  return problems.flatMap(({ kind, pkgbase }) => (kind === "srcinfo-missing" && pkgbase ? [pkgbase] : []));
}

/** `path:line:column: message` */
export function describeProblem({ path, line, column, message }: WorkspaceProblem): string {
  const place = [JSON.stringify(path).slice(1, -1), line, column].filter((part) => part !== undefined);
  return `${place.join(":")}: ${message}`;
}

function* parsePackages(
  files: WorkspaceFiles,
  architectures: Architectures,
  problems: WorkspaceProblem[],
): Generator<Package> {
  for (const folder of files.folders) {
    const path = packagePath(files.packagesDir, folder.name);
    const pkg = parsePackage(folder, path, architectures, problems);
    if (pkg) yield pkg;
  }
}

function parsePackage(
  folder: FolderFiles,
  path: string,
  architectures: Architectures,
  problems: WorkspaceProblem[],
): Package | undefined {
  const { name, symbolicLink, pkgbuild, config: configFile } = folder;
  if (symbolicLink) {
    const message = "is a symbolic link to a folder, which is ignored; put the package folder itself here";
    problems.push({ kind: "folder-name", pkgbase: name, path, message });
    return undefined;
  }
  if (!isPkgbase(name)) {
    problems.push({
      kind: "folder-name",
      pkgbase: name,
      path,
      message:
        "not a package name (letters, digits and @._+-, not beginning with - or .); the folder is ignored",
    });
    return undefined;
  }
  if (pkgbuild.kind === "absent") {
    const message = "is missing; the folder is ignored";
    problems.push({ kind: "pkgbuild", pkgbase: name, path: `${path}/PKGBUILD`, message });
    return undefined;
  }
  if (pkgbuild.kind === "refused") {
    problems.push({ kind: "pkgbuild", pkgbase: name, path: `${path}/PKGBUILD`, message: pkgbuild.reason });
  }
  const config = configFrom(readPackageConfig(configFile), `${path}/.CI/config`, name, problems);
  return { pkgbase: name, config, ...metadataFrom(folder, path, architectures, problems) };
}

function metadataFrom(
  { name: pkgbase, derived, srcinfo: file }: FolderFiles,
  folder: string,
  architectures: Architectures,
  problems: WorkspaceProblem[],
): Pick<Package, "srcinfo" | "committed" | "isReadOtherwise"> {
  const committed = committedFrom(file, `${folder}/.SRCINFO`, pkgbase, problems);
  const report = (kind: WorkspaceProblem["kind"], message: string, line?: number): void => {
    const where = line === undefined ? {} : { line };
    problems.push({ kind, pkgbase, path: `${folder}/PKGBUILD`, ...where, message });
  };
  const metadata: Metadata = derived
    ? metadataOf(derived, committed)
    : { srcinfo: committed, why: "it can't be read" };
  const { srcinfo } = metadata;
  const isReadOtherwise = derived?.isReadOtherwise === true;
  if (isReadOtherwise && srcinfo) {
    const [{ reason, line } = { reason: "", line: 1 }] = derived.unknown;
    report("pkgbuild", `${reason}, so its .SRCINFO counts; write it plainer`, line);
  }
  if (!srcinfo) {
    if (derived && file.kind === "absent") {
      report("srcinfo-missing", `${metadata.why}; run makepkg --printsrcinfo > .SRCINFO`, metadata.line);
    }
    return { srcinfo, committed, isReadOtherwise };
  }
  if (srcinfo.pkgbase !== pkgbase) {
    report("folder-name", `the folder is ${pkgbase}, its pkgbase is ${srcinfo.pkgbase}`);
  }
  if (builtFor({ srcinfo }, architectures).length === 0) report("arch", whyForeign(srcinfo, architectures));
  return { srcinfo, committed, isReadOtherwise };
}

function committedFrom(
  file: FolderFiles["srcinfo"],
  path: string,
  pkgbase: string,
  problems: WorkspaceProblem[],
): Srcinfo | undefined {
  if (file.kind === "refused") {
    problems.push({ kind: "srcinfo-unreadable", pkgbase, path, message: file.reason });
  }
  if (file.kind !== "file") return undefined;
  try {
    const srcinfo = parseSrcinfo(file.text, path);
    const missing = missingParts(srcinfo);
    if (missing.length > 0) {
      const message = `${missing.join(", ")}; write it with: sluice srcinfo ${pkgbase} --write`;
      problems.push({ kind: "srcinfo-unreadable", pkgbase, path, message });
    }
    return srcinfo.packages.length > 0 ? srcinfo : undefined;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const [line, column] = [Number(error.facts["line"]), Number(error.facts["column"])];
    const message = error.message.slice(`${path}:${line}:${column}: `.length);
    problems.push({ kind: "srcinfo-unreadable", pkgbase, path, line, column, message });
    return undefined;
  }
}

function configFrom<T>(
  { config, problems: found }: { config: T; problems: readonly ConfigProblem[] },
  path: string,
  pkgbase: string | undefined,
  problems: WorkspaceProblem[],
): T {
  for (const problem of found) problems.push({ ...problem, pkgbase, path });
  return config;
}
