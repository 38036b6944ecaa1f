import { parseSource, type SourceEntry } from "../sources/source-entry.ts";

/** Where the host of a source shows what changed between two of its tags or commits. */
export interface CompareLink {
  /** Made of checked parts alone: nothing in it ends a Markdown link or starts anything. */
  readonly url: string;
  readonly host: string;
  readonly from: string;
  readonly to: string;
}

/**
 * For the first source whose tag or commit changed while its project stayed, on a host that is known to compare.
 *
 * @param before all sources of the accepted recipe, as evaluated
 */
export function compareLink(before: readonly string[], after: readonly string[]): CompareLink | undefined {
  const old = before.flatMap((text) => revisionOf(parseSource(text)) ?? []);
  for (const text of after) {
    const now = revisionOf(parseSource(text));
    if (!now) continue;
    const same = old.filter(({ host, project }) => host === now.host && project === now.project);
    const [was] = same;
    if (!was || same.some(({ revision }) => revision === now.revision)) continue;
    const { host, project, revision: to } = now;
    const range = `${encodeURIComponent(was.revision)}...${encodeURIComponent(to)}`;
    const folder = hosts.get(host) === "gitlab" ? "-/compare" : "compare";
    return { url: `https://${host}/${project}/${folder}/${range}`, host, from: was.revision, to };
  }
  return undefined;
}

/** A host of one's own can't be asked what runs there, so these are the ones that are known. */
export const hosts: ReadonlyMap<string, "github" | "gitlab" | "gitea"> = new Map([
  ["github.com", "github"],
  ["gitlab.com", "gitlab"],
  ["gitlab.archlinux.org", "gitlab"],
  ["gitlab.freedesktop.org", "gitlab"],
  ["gitlab.gnome.org", "gitlab"],
  ["gitlab.xfce.org", "gitlab"],
  ["framagit.org", "gitlab"],
  ["invent.kde.org", "gitlab"],
  ["salsa.debian.org", "gitlab"],
  ["codeberg.org", "gitea"],
  ["gitea.com", "gitea"],
]);

interface Revision {
  readonly host: string;
  readonly project: string;
  readonly revision: string;
}

function revisionOf(source: SourceEntry): Revision | undefined {
  const host = source.host === "codeload.github.com" ? "github.com" : source.host;
  if (!hosts.has(host)) return undefined;
  const found = source.vcs === "git" ? ofRepository(source) : ofDownload(source);
  if (!found) return undefined;
  const project = found.project.map((part) => part.replace(/\.git$/, ""));
  const isProject = project.length >= 2 && project.length <= 10 && project.every((part) => name.test(part));
  return isProject && tag.test(found.revision)
    ? { host, project: project.join("/"), revision: found.revision }
    : undefined;
}

const name = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
/** No `..`, which compares by itself. */
const tag = /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._+~-]{0,99}$/;

interface Found {
  readonly project: readonly string[];
  readonly revision: string;
}

/** `git+https://host/owner/name.git#tag=v1` */
function ofRepository({ segments, fragment }: SourceEntry): Found | undefined {
  const [, revision] = /^(?:tag|commit)=(.+)$/.exec(fragment) ?? [];
  return revision === undefined ? undefined : { project: segments, revision };
}

/** Archives of a tag and files of a release, as GitHub, GitLab and Gitea address them. */
function ofDownload({ segments, host }: SourceEntry): Found | undefined {
  const path = segments.join("/");
  for (const pattern of host === "codeload.github.com" ? codeload : downloads) {
    const { project, revision } = pattern.exec(path)?.groups ?? {};
    if (project !== undefined && revision !== undefined) return { project: project.split("/"), revision };
  }
  return undefined;
}

const codeload = [/^(?<project>[^/]+\/[^/]+)\/(?:tar\.gz|zip)\/(?:refs\/tags\/)?(?<revision>[^/]+)$/];
const downloads = [
  /^(?<project>.+?)\/-\/archive\/(?<revision>[^/]+)\/[^/]+$/,
  /^(?<project>.+?)\/-\/releases\/(?<revision>[^/]+)\/downloads\/./,
  /^(?<project>[^/]+\/[^/]+)\/releases\/download\/(?<revision>[^/]+)\/./,
  /^(?<project>[^/]+\/[^/]+)\/archive\/(?:refs\/tags\/)?(?<revision>[^/]+?)\.(?:tar\.gz|tar\.xz|tar\.bz2|zip)$/,
  /^(?<project>[^/]+\/[^/]+)\/archive\/(?:refs\/tags\/)?(?<revision>[^/]+)\/[^/]+$/,
];
