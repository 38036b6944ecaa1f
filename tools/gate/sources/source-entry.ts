/** An entry of `source`, taken apart as makepkg's source.sh does. */
export interface SourceEntry {
  readonly text: string;
  /** The file or folder it's kept as, where the entry says. */
  readonly name: string | undefined;
  /** `git` of `git+https://…`; undefined for plain downloads and files of the recipe. */
  readonly vcs: string | undefined;
  /** Lower case, without what stands before `+`; `local` for a file of the recipe. */
  readonly scheme: string;
  readonly userinfo: string | undefined;
  /** Lower case, with its port. */
  readonly host: string;
  readonly segments: readonly string[];
  readonly query: string;
  /** `tag=v1`, `commit=…`, `branch=…`. */
  readonly fragment: string;
}

const vcsKinds = new Set(["git", "svn", "hg", "bzr", "fossil"]);

export function parseSource(text: string): SourceEntry {
  const separator = text.indexOf("::");
  const name = separator === -1 ? undefined : text.slice(0, separator);
  const address = separator === -1 ? text : text.slice(separator + 2);
  const [, rawScheme, rest] = /^([^/?#]*?):\/\/([^]*)$/.exec(address) ?? [];
  const empty = { text, name, vcs: undefined, userinfo: undefined, query: "", fragment: "" };
  if (rawScheme === undefined || rest === undefined || rawScheme === "local") {
    return { ...empty, scheme: "local", host: "", segments: (rest ?? address).split("/") };
  }
  const [prefix = "", ...schemes] = rawScheme.toLowerCase().split("+");
  const hash = rest.indexOf("#");
  const [beforeHash, afterHash] = hash === -1 ? [rest, ""] : [rest.slice(0, hash), rest.slice(hash + 1)];
  const [, path = "", query = ""] = /^([^?]*)\??([^]*)$/.exec(beforeHash) ?? [];
  // For version control the query may stand on either side: `#commit=…?signed`.
  const [, fragment = "", lateQuery = ""] = /^([^]*?)(?:\?([^?]*))?$/.exec(afterHash) ?? [];
  const [authority = "", ...segments] = path.split("/");
  const at = authority.lastIndexOf("@");
  return {
    text,
    name,
    vcs: vcsKinds.has(prefix) ? prefix : undefined,
    scheme: vcsKinds.has(prefix) && schemes.length > 0 ? schemes.join("+") : rawScheme.toLowerCase(),
    userinfo: at === -1 ? undefined : authority.slice(0, at),
    host: authority.slice(at + 1).toLowerCase(),
    segments,
    query: query || lateQuery,
    fragment,
  };
}

/** The file of the recipe that is taken for it: the last step of its name, or of its address. */
export function localFile({ name, segments }: SourceEntry): string {
  return (name ?? segments.join("/")).split("/").at(-1) ?? "";
}

/** Whose it is: the host and, on hosts that many share, the account and the project there. */
export function ownerOf({ host, segments, scheme }: SourceEntry): string {
  if (scheme === "local") return "";
  const names = segments.filter((segment) => segment !== "" && segment !== "repos" && segment !== "repo");
  if (!isForge(host) || pagesHost.test(host)) return host;
  const project = projectOn(host, names);
  if (project) return [host, ...project].join("/").toLowerCase();
  return [host, ...names.slice(0, 2).map((name) => name.replace(/\.git$/, "").toLowerCase())].join("/");
}

/** A host of its own for each account. */
const pagesHost = /\.(?:github|gitlab)\.io$|\.codeberg\.page$/;

/** Hosts on which projects have no account above them, and what else stands before a project's name. */
const projectHosts: readonly (readonly [host: RegExp, before: RegExp])[] = [
  [/^launchpad\.net$/, /^(?:\+\w+|~.*)$/],
  [/^(?:releases\.)?pagure\.(?:io|org)$/, /^(?:releases|fork|user)$/],
  [
    /^(?:(?:downloads?|prdownloads|dl|[\w-]+\.dl)\.)?(?:sourceforge|sf)\.net$/,
    /^(?:projects?|p|sourceforge)$/,
  ],
];

function projectOn(host: string, names: readonly string[]): string[] | undefined {
  const [, before] = projectHosts.find(([pattern]) => pattern.test(host)) ?? [];
  if (!before) return undefined;
  const at = names.findIndex((name) => !before.test(name));
  return names.slice(0, at + 1);
}

export function isForge(host: string): boolean {
  return /(?:^|\.)(?:git|gitlab|gitea|forgejo|github|codeberg|sr|bitbucket|sourceforge|pagure|launchpad|githubusercontent|notabug|framagit|gitee|huggingface)\b/.test(
    host,
  );
}

/** The repository of a pinned source, where Git can be asked for its tags. */
export function repositoryOf({ vcs, scheme, host, segments }: SourceEntry): string | undefined {
  if (scheme !== "https" && scheme !== "git") return undefined;
  if (vcs === "git") return `${scheme}://${host}/${segments.join("/")}`;
  const [owner, name] = segments;
  // As GitHub, Gitea and GitLab serve archives.
  const archives =
    /^(?:codeload\.)?github\.com$|^codeberg\.org$/.test(host) ||
    /^(?:-\/)?archive\//.test(segments.slice(2).join("/"));
  return archives && owner && name && vcs === undefined
    ? `https://${host.replace("codeload.", "")}/${owner}/${name}`
    : undefined;
}

/** A signature beside a source. */
export function isSignature({ segments, name }: SourceEntry): boolean {
  return /\.(?:sig|sign|asc)$/.test(name ?? segments.at(-1) ?? "");
}
