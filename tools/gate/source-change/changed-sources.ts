import { readSide, type Pkgbuild } from "../files/side.ts";
import { readChecksums, suffixesOf, type Kind } from "../sources/checksums.ts";
import { hosts } from "../review/review-compare.ts";
import { isSignature, parseSource, type SourceEntry } from "../sources/source-entry.ts";
import { matched } from "../sources/source-pairs.ts";
import type { RecipeFiles, Update } from "../update.ts";

/** A source that is downloaded, and the checksums that the recipe has for it. */
export interface DeclaredSource {
  readonly entry: SourceEntry;
  /** Without those that are `SKIP` or not known. */
  readonly sums: ReadonlyMap<Kind, string>;
}

export interface ChangedSource {
  /** Undefined for one that comes with this update. */
  readonly before: DeclaredSource | undefined;
  readonly now: DeclaredSource;
  /** Whose release it may be, where its own address doesn't tell. */
  readonly project: Project | undefined;
}

/** A repository, and the version of it that the recipe is for. */
export interface Project {
  readonly url: string;
  readonly pkgver: string;
}

/**
 * The sources that an update fetches from another address than before, or with another checksum, on one architecture.
 * Files of the recipe itself and signatures aren't among them, nor is what only running the recipe would tell.
 */
export function changedSources(
  { before, after }: Pick<Update, "before" | "after">,
  carch: string,
): ChangedSource[] {
  const now = declaredBy(after, carch);
  const old = before ? declaredBy(before, carch) : new Map<string, DeclaredSource[]>();
  const project = projectOf(after, carch);
  return [...now]
    .flatMap(([suffix, sources]) => pairs(old.get(suffix) ?? [], sources))
    .map((pair) => ({ ...pair, project: mayBeReleased(pair.now.entry) ? project : undefined }));
}

/** What the recipe calls its home, where that is a repository of a host that is known to have such. */
function projectOf(files: RecipeFiles, carch: string): Project | undefined {
  const { pkgbuild } = readSide(files);
  if ("problem" in pkgbuild) return undefined;
  const evaluation = pkgbuild.evaluation(carch);
  const [home, pkgver] = [evaluation.scalar("url"), evaluation.scalar("pkgver")];
  if (!home?.known || !pkgver?.known) return undefined;
  const { scheme, userinfo, host, segments, fragment, query } = parseSource(home.text);
  const path = segments.join("/").replace(/\/$|\.git$/, "");
  const isPlain = scheme === "https" && userinfo === undefined && fragment === "" && query === "";
  const depth = hosts.get(host) === "gitlab" ? /^[\w.-]+(?:\/[\w.-]+){1,8}$/ : /^[\w.-]+\/[\w.-]+$/;
  const isProject = isPlain && hosts.has(host) && depth.test(path) && !/(?:^|\/)[.-]/.test(path);
  return isProject ? { url: `https://${host}/${path}.git`, pkgver: pkgver.text } : undefined;
}

/** What is uploaded somewhere else by the project itself; registries pack programs in a way of their own. */
function mayBeReleased({ vcs, scheme, host }: SourceEntry): boolean {
  return (
    vcs === undefined &&
    /^https?$/.test(scheme) &&
    !hosts.has(host) &&
    host !== "codeload.github.com" &&
    !registry.test(host)
  );
}

const registry =
  /(?:^|\.)(?:pythonhosted\.org|pypi\.(?:org|io)|npmjs\.(?:org|com)|crates\.io|rubygems\.org|haskell\.org|cpan\.org|golang\.org|maven\.org|nuget\.org|hex\.pm|packagist\.org)$/;

function pairs(
  before: readonly DeclaredSource[],
  after: readonly DeclaredSource[],
): Omit<ChangedSource, "project">[] {
  const found = (sources: readonly DeclaredSource[], entry: SourceEntry): DeclaredSource | undefined =>
    sources.find((source) => source.entry === entry);
  const { changed, added } = matched(
    before.map(({ entry }) => entry),
    after.map(({ entry }) => entry),
  );
  const moved = new Map([
    ...changed.map(([old, now]) => [now, found(before, old)] as const),
    ...added.map((now) => [now, undefined] as const),
  ]);
  return after.flatMap((now): Omit<ChangedSource, "project">[] => {
    if (now.entry.scheme === "local" || isSignature(now.entry)) return [];
    if (moved.has(now.entry)) return [{ before: moved.get(now.entry), now }];
    const same = before.find(({ entry }) => entry.text === now.entry.text);
    const isOther = same && [...now.sums].some(([kind, sum]) => (same.sums.get(kind) ?? sum) !== sum);
    return isOther ? [{ before: same, now }] : [];
  });
}

/** By suffix of the arrays, the common ones and the architecture's; none where the recipe can't be read. */
function declaredBy(files: RecipeFiles, carch: string): Map<string, DeclaredSource[]> {
  const { pkgbuild } = readSide(files);
  if ("problem" in pkgbuild) return new Map();
  return new Map(["", `_${carch}`].map((suffix) => [suffix, declaredIn(pkgbuild, carch, suffix)]));
}

function declaredIn(pkgbuild: Pkgbuild, carch: string, suffix: string): DeclaredSource[] {
  const evaluation = pkgbuild.evaluation(carch);
  if (!suffixesOf(evaluation).has(suffix)) return [];
  const { sources = [], sums } = readChecksums(evaluation, suffix);
  return sources.flatMap((entry, at) => {
    if (!entry) return [];
    const own = [...sums].flatMap(([kind, list]): [Kind, string][] => {
      const sum = list[at];
      return sum === undefined || sum === "SKIP" || sum === "" ? [] : [[kind, sum.toLowerCase()]];
    });
    return [{ entry, sums: new Map(own) }];
  });
}

/** A repository and the tag that a file of a release is said to be made of. */
export interface ReleasedFrom {
  /** Without credentials. */
  readonly url: string;
  readonly tag: string;
}

/**
 * Which tag a release's file is of, as GitHub, Gitea and GitLab address such files, on whichever host. Archives that
 * the forge makes of a tag by itself aren't such files.
 */
export function releasedFrom({ vcs, scheme, host, segments }: SourceEntry): ReleasedFrom | undefined {
  if (vcs !== undefined || !/^https?$/.test(scheme)) return undefined;
  const path = segments.join("/");
  for (const pattern of releases) {
    const { project = "", tag = "" } = pattern.exec(path)?.groups ?? {};
    const name = decoded(tag);
    if (project === "" || !isTagName(name) || !/^[\w./-]+$/.test(project)) continue;
    return { url: `${scheme}://${host}/${project.replace(/\.git$/, "")}.git`, tag: name };
  }
  return undefined;
}

const releases = [
  /^(?<project>[^/]+\/[^/]+)\/releases\/download\/(?<tag>[^/]+)\/./,
  /^(?<project>.+?)\/-\/releases\/(?<tag>[^/]+)\/downloads\/./,
];

/** No `..` and nothing at its ends that Git refuses, nor what it takes for another revision. */
export function isTagName(text: string): boolean {
  return tagName.test(text);
}

const tagName =
  /^(?!.*(?:\.\.|\/\/|\.lock$))[A-Za-z0-9_][A-Za-z0-9._+/-]{0,98}[A-Za-z0-9_+-]$|^[A-Za-z0-9_]$/;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
