import type { Rules } from "../rules/finding.ts";
import { isForge, type SourceEntry } from "./source-entry.ts";

export const strangerRules = {
  "source-stranger": {
    severity: "danger",
    says: "another's repository or archive that comes in, or takes a source's place",
    protects: "A repository named `patches` ran a stranger's program (July 2025).",
  },
} as const satisfies Rules;

/** What is known of the accepted recipe's project: its url and sources, and its packages' names. */
export interface Home {
  readonly entries: readonly SourceEntry[];
  readonly hosts: ReadonlySet<string>;
  readonly names: readonly string[];
}

/**
 * Whether what now stands in a source's place is somebody else's. A project may move to another owner or host under
 * its own name, which a person looks at; under another name, or in place of a file of the recipe, it isn't the project.
 */
export function isStranger(old: SourceEntry, now: SourceEntry, home: Home): boolean {
  if (now.scheme === "local") return false;
  if (old.scheme === "local") return isNewStranger(now, home);
  const [before, after] = [projectOf(old), projectOf(now)];
  if (before.site === after.site && before.owner === after.owner) {
    // Registries have one owner of all, and the project's name alone tells whose it is.
    return before.isRegistry && before.project !== after.project;
  }
  if (isOfHome(now, home)) return false;
  return !sharesName(before, after, home);
}

/** Whether no source of the recipe, and not its url, is of the same owner. */
export function isNewStranger(entry: SourceEntry, home: Home): boolean {
  return entry.scheme !== "local" && !isOfHome(entry, home);
}

function isOfHome(entry: SourceEntry, { entries }: Home): boolean {
  const own = projectOf(entry);
  return entries.some((other) => {
    const known = projectOf(other);
    return (
      known.site === own.site &&
      known.owner === own.owner &&
      (!own.isRegistry || known.project === own.project)
    );
  });
}

interface Project {
  readonly site: string;
  /** Whose it is, on hosts that many share. */
  readonly owner: string;
  readonly project: string;
  /** Whether everybody's projects lie there side by side. */
  readonly isRegistry: boolean;
}

/** How registries name a project in their addresses. */
const registries: readonly (readonly [host: RegExp, path: RegExp])[] = [
  [/^registry\.(?:npmjs\.org|npmjs\.com|yarnpkg\.com)$/, /^((?:@[^/]+\/)?[^/]+)\/-\//],
  [/^(?:static\.)?crates\.io$/, /^(?:api\/v1\/)?crates\/([^/]+)/],
  [/^rubygems\.org$/, /^(?:gems|downloads)\/(.+?)-\d/],
  [/^hackage\.haskell\.org$/, /^packages?\/(?:archive\/)?([^/]+?)(?:-[\d.]+)?\//],
  [
    /^(?:www\.)?cpan\.org$|^(?:cpan\.)?metacpan\.org$|^search\.cpan\.org$/,
    /^(?:CPAN\/)?authors\/id\/\w\/\w\w\/([^/]+)\//,
  ],
  [/^cran\.r-project\.org$|^bioconductor\.org$/, /([^/]+)_[\d.-]+\.tar\.gz$/],
  [/^repo1?\.maven\.(?:org|apache\.org)$/, /^maven2\/(.+)\/[^/]+\/[^/]+$/],
  [/^proxy\.golang\.org$/, /^(.+)\/@v\//],
  [/sourceforge\.net$|^sourceforge\.io$/, /^(?:projects?|sourceforge|p)\/([^/]+)/],
  [/^(?:git\.|code\.)?launchpad\.net$/, /^(?:~[^/]+\/)?([^/]+)/],
  [/^(?:storage\.googleapis\.com|s3[\w.-]*\.amazonaws\.com|[\w-]+\.blob\.core\.windows\.net)$/, /^([^/]+)/],
];

function projectOf({ host, segments }: SourceEntry): Project {
  const site = host
    .replace(/:\d+$/, "")
    .replace(/^(?:codeload|raw|www|objects|gist)\./, "")
    .replace(/githubusercontent\.com$/, "github.com");
  const path = segments.filter((segment) => segment !== "").join("/");
  const [, page, forge] = /^([^.]+)\.(github|gitlab|codeberg)\.(?:io|page)$/.exec(site) ?? [];
  if (page !== undefined) {
    const top = forge === "codeberg" ? "org" : "com";
    return {
      site: `${forge}.${top}`,
      owner: page,
      project: plain(path.split("/")[0] ?? ""),
      isRegistry: false,
    };
  }
  const [, hosted] =
    /^(?!downloads?\.|prdownloads\.|\w+\.dl\.|git\.|svn\.)([^.]+)\.sourceforge\.(?:net|io)$/.exec(site) ?? [];
  if (hosted !== undefined)
    return { site: "sourceforge.net", owner: "", project: plain(hosted), isRegistry: true };
  if (/^files\.pythonhosted\.org$|^pypi\./.test(site))
    return { site: "pypi.org", owner: "", project: stemOf(segments.at(-1) ?? ""), isRegistry: true };
  for (const [pattern, form] of registries) {
    if (!pattern.test(site)) continue;
    return {
      site: siteOf(site),
      owner: "",
      project: plain(form.exec(path)?.[1] ?? path.split("/")[0] ?? ""),
      isRegistry: true,
    };
  }
  if (isForge(site)) {
    const [owner = "", project = ""] = path
      .split("/")
      .filter((step) => !/^(?:repos?|scm|git|r|projects?|cgit)$/.test(step));
    return {
      site,
      owner: owner.toLowerCase(),
      project: plain(project.replace(/\.git$/, "")),
      isRegistry: false,
    };
  }
  return { site: siteOf(site), owner: "", project: stemOf(segments.at(-1) ?? ""), isRegistry: false };
}

/** `example.org` of `dl.example.org`. */
function siteOf(host: string): string {
  const labels = host.split(".");
  const isBelowCountry =
    /^(?:co|com|org|net|ac|gov|edu)$/.test(labels.at(-2) ?? "") && (labels.at(-1)?.length ?? 0) === 2;
  return labels.slice(isBelowCountry ? -3 : -2).join(".");
}

/** `fooview` of `fooview-2.1.tar.xz`. */
function stemOf(file: string): string {
  return plain(
    file.replace(/[-_.]?v?\d.*$/s, "").replace(/\.(?:tar|git|zip|tgz|deb|rpm|AppImage|[a-z]{1,4})\b.*$/i, ""),
  );
}

/** Only that the name is equal is a sign; that it is contained proves nothing. */
function sharesName(before: Project, after: Project, { names }: Home): boolean {
  const own = new Set([
    before.project,
    ...names.map((name) => plain(name.replace(/-(?:bin|git|appimage|svn|hg)$/, ""))),
  ]);
  return own.has(after.project) && after.project !== "";
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
