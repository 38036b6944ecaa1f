import type { Rules } from "../rules/finding.ts";
import { isForge, type SourceEntry } from "./source-entry.ts";
import { isCommitLike } from "../versions/version-text.ts";

export const revisionRules = {
  "commit-unproved": {
    severity: "review",
    says: "a pinned commit changed, and no tag of this version proves it",
    protects: "GitHub serves commits of any fork under the parent's address.",
  },
  "source-revision": {
    severity: "review",
    says: "a source asks for what Git may take for another commit than a tag's",
    protects: "`v1.1-0-gdeadbee`, `v1.1~500` and `v1.1^` lead from a version to any commit, a fork's too.",
  },
} as const satisfies Rules;

/** A commit that is asked for now and wasn't before, whatever it is called. */
export function changedCommit(old: SourceEntry, now: SourceEntry): string | undefined {
  const [key, ref = ""] = now.fragment.split(/=(.*)/s);
  if (
    now.vcs !== undefined &&
    now.fragment !== old.fragment &&
    (key === "commit" ||
      key === "revision" ||
      isAbbreviation(ref) ||
      shortestAbbreviation.test(ref) ||
      (now.vcs === "hg" && localRevision.test(ref)))
  )
    return ref;
  if (now.vcs !== undefined || now.scheme === "local") return undefined;
  const before = new Set(commitsIn(old));
  return commitsIn(now).find((token) => !before.has(token));
}

/**
 * What Git takes for another commit than a tag's own: `v1-0-gdeadbee` (as `git describe` names it), `v1~500`,
 * `v1^`, `@{…}`. No tag may have the signs; in an address they're told from a folder's name by being new.
 */
export function revisionIn(old: SourceEntry, now: SourceEntry): string | undefined {
  const before = [...old.segments, old.query, old.fragment];
  const after = [...now.segments, now.query, now.fragment];
  return after.find((part, at) => {
    const was = before[at] ?? "";
    if (part === was) return false;
    const isNew = revisionSigns.some((sign) => count(part, sign) > count(was, sign));
    // Mercurial reads signs between two names as operations on sets of commits, where no tag is called so.
    if (now.vcs === "hg" && count(part, /[^\w.=]/g) > count(was, /[^\w.=]/g)) return true;
    const knowsRevisions = now.vcs !== undefined || isForge(now.host);
    return isNew || (knowsRevisions && /~(?![a-z])|\^|@\{/i.test(part)) || describedCommit.test(part);
  });
}

/** Before a letter, as in `15.0~rc1`, a tilde means nothing to Git. */
const revisionSigns = [/~(?![a-z])/gi, /\^/g, /@/g, /:/g];
const describedCommit = /-g[0-9a-f]{4,}(?![0-9a-z])/i;

function count(text: string, sign: RegExp): number {
  return text.match(sign)?.length ?? 0;
}

function commitsIn({ host, segments, query }: SourceEntry): string[] {
  const tokens = [...segments, query].join("/").split(/[^0-9A-Za-z]+/);
  const makes =
    servesRevisions.test(host) ||
    isForge(host) ||
    segments.some((step) => makesFiles.test(step) || isForge(step));
  if (!makes) return tokens.filter((token) => /^[0-9a-f]{40}$/.test(token));
  // What a forge makes when it's asked may be made of any commit; what was uploaded has a name and no more.
  if (keepsUploads.test(host) || /(?:^|\/)(?:releases\/download|refs\/tags)\//.test(segments.join("/")))
    return tokens.filter(isCommitLike);
  const steps = [...segments, ...query.split(/[&;]/).map((pair) => pair.replace(/^[^=]*=/, ""))];
  const stems = steps.map((step) => step.replace(/\.(?:tar\.\w+|t[gx]z|zip|patch|diff)$/, ""));
  // `compare/1.0...2.0`, `o/r@2.0`
  const refs = stems.flatMap((stem) => stem.split(/\.{2,3}|@/));
  const isHg = !isForge(host) && segments.includes("archive");
  return [
    ...tokens.filter(isAbbreviation),
    ...refs.filter((ref) => shortestAbbreviation.test(ref) || (isHg && localRevision.test(ref))),
  ];
}

/** Hosts, and steps of a path, that make a file of whatever commit they are asked for. */
const servesRevisions =
  /^(?:raw|rawcdn|code|cgit|gitweb)\.|(?:^|\.)(?:googlesource\.com|repo\.or\.cz|statically\.io|githack\.com|gitcdn\.\w+|jitpack\.io)$/;
const makesFiles =
  /^(?:archive|\+archive|tarball|zipball|raw|blob|plain|snapshot|gitweb|cgit|tar\.gz|zip|get|resolve|gh)$/;
/** Hosts of uploads: nobody asks them for a commit. */
const keepsUploads =
  /(?:^|\.)(?:sourceforge\.net|sf\.net|launchpad\.net|launchpadlibrarian\.net)$|^releases\.pagure\.org$/;

/** Git takes four digits for the beginning of a commit's id where no tag is called so. */
const shortestAbbreviation = /^[0-9a-f]{4,40}$/i;

/** Mercurial counts commits from 0, in each clone by itself; a number that no tag has is one of the first. */
const localRevision = /^\d+$/;

/** Digits alone may be the beginning of a commit's id, too. */
export function isAbbreviation(text: string): boolean {
  return isCommitLike(text) || /^\d{7,39}$/.test(text);
}
