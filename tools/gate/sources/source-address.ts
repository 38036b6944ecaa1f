import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import { imitatedHost } from "../known/hosts.ts";
import type { SourceEntry } from "./source-entry.ts";

export const addressRules = {
  "source-scheme": {
    severity: "danger",
    says: "a source is fetched in a way that makepkg doesn't know by itself",
    protects: "Schemes of one's own, ext:: and local paths run programs or read the builder's files.",
  },
  "source-disguised": {
    severity: "danger",
    says: "a source's address is not what it seems",
    protects: "Credentials, bare addresses and look-alike letters in a host name hide who is asked.",
  },
  "source-floating": {
    severity: "danger",
    says: "a tag or commit that is whatever the repository holds when it's built",
    protects: "`tag=HEAD` looks pinned and isn't.",
  },
  "look-alike-host": {
    severity: "danger",
    says: "an address that looks like a well-known one and isn't",
    protects: "githab.com and github.com.example.org belong to somebody else.",
  },
} as const satisfies Rules;

const finding = findingsOf(addressRules);

const knownSchemes = new Set([
  "http",
  "https",
  "ftp",
  "ftps",
  "git",
  "ssh",
  "svn",
  "svn+ssh",
  "hg",
  "bzr",
  "lp",
  "fossil",
  "scp",
  "rsync",
  "local",
]);

/**
 * What is wrong with an address, but for what was accepted in this very place: a bare address or an account that a
 * person let in once isn't news at each new version.
 *
 * @param own hosts that the accepted recipe names
 * @param accepted the source that this one takes the place of
 */
export function addressFindings(
  entry: SourceEntry,
  place: Place,
  own: ReadonlySet<string> = new Set(),
  accepted?: SourceEntry,
): Finding[] {
  const findings: Finding[] = [];
  const { text, userinfo, host, scheme, segments, vcs } = entry;
  if (!knownSchemes.has(scheme) || (scheme === "ssh" && vcs === undefined))
    findings.push(finding("source-scheme", text, place));
  // `data:…`, `ext::…`, `git+ext::…`: no file of a recipe has such a name.
  if (
    scheme === "local" &&
    /^[A-Za-z][\w+.-]*:|\bext::/.test(text.slice(entry.name === undefined ? 0 : entry.name.length + 2))
  )
    findings.push(finding("source-scheme", text, place));
  if (/\bext::/i.test(text) && scheme !== "local") findings.push(finding("source-scheme", text, place));
  if (scheme === "local" && (segments.includes("..") || segments[0] === ""))
    findings.push(finding("source-scheme", text, place));
  const ofGit = userinfo === "git" && scheme === "ssh";
  const before = accepted?.host === host && accepted.scheme === scheme ? accepted : undefined;
  if (userinfo !== undefined && !ofGit && before?.userinfo !== userinfo)
    findings.push(finding("source-disguised", `credentials in ${text}`, place));
  if (scheme === "local") return findings;
  if (isAddress(host) && !before)
    findings.push(finding("source-disguised", `the bare address ${host}`, place));
  if (!before && (/(?:^|\.)xn--/.test(host) || !/^[a-z0-9.:_[\]-]+$/.test(host))) {
    findings.push(finding("source-disguised", `letters beyond ASCII in the host ${host}`, place));
  }
  const imitated = imitatedHost(host, own);
  if (imitated !== undefined) findings.push(finding("look-alike-host", `${host}, like ${imitated}`, place));
  const leads = segments.includes("..") || leadsElsewhere.test(text);
  if (leads && !(before && pathForm(before) === pathForm(entry))) {
    findings.push(finding("source-disguised", `a path that leads elsewhere in ${text}`, place));
  }
  if (entry.name !== undefined && (/\//.test(entry.name) || entry.name === ".." || entry.name === "")) {
    findings.push(finding("source-scheme", `it would be kept as ${JSON.stringify(entry.name)}`, place));
  }
  return findings;
}

const leadsElsewhere = /%2e|%2f|%5c|[\\\s]/i;

/** The address without its digits, so that two of different versions compare; escapes stay as they are. */
function pathForm({ text }: SourceEntry): string {
  return text
    .split(/(%[0-9a-f]{2})/i)
    .map((part, at) => (at % 2 === 1 ? part.toLowerCase() : part.replaceAll(/\d+/g, "0")))
    .join("");
}

/** A tag or commit by a name that moves: `tag=HEAD`, `commit=origin/main`, `revision=tip`. */
export function isFloating({ vcs, fragment }: SourceEntry): boolean {
  return (
    vcs !== undefined &&
    /(?:^|&)(?:tag|commit|revision)=(?:@|\w*HEAD|main|master|trunk|tip|default|devel(?:op)?|refs\/(?!tags\/).*|(?:origin|upstream)\/.*|heads\/.*)(?:$|[&^~@])/i.test(
      decoded(fragment),
    )
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isAddress(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return /^\[|^\d+$|^0x[0-9a-f]+$|^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){1,3}$/.test(name);
}
