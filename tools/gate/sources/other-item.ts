import { ownerOf, parseSource, type SourceEntry } from "./source-entry.ts";

/**
 * The part of an address that names something else than another version of the same thing: somebody's upload,
 * account or project, a run or a commit that may be a stranger's. Undefined where nothing does. Versions stand in
 * such places, too, but there they choose whose it is.
 */
export function otherItem(old: SourceEntry, now: SourceEntry): string | undefined {
  return itself(old, now) ?? otherNested(old, now);
}

function itself(old: SourceEntry, now: SourceEntry): string | undefined {
  if (anybodys.test(now.host) && old.text !== now.text) return now.host;
  return otherKey(old, now) ?? otherNamed(old, now);
}

/** Whoever uploads or shortens something there gets an address beside everybody else's. */
const anybodys =
  /(?:^|\.)(?:tinyurl\.com|bit\.ly|t\.ly|goo\.gl|is\.gd|t\.co|ow\.ly|cutt\.ly|rb\.gy|pastebin\.com|paste\.rs|hastebin\.com|dpaste\.(?:com|org)|ix\.io|0x0\.st|termbin\.com|rentry\.co|transfer\.sh|catbox\.moe|file\.io|gofile\.io|pixeldrain\.com|wetransfer\.com|mega\.(?:nz|io)|mediafire\.com|dropbox\.com|dropboxusercontent\.com|drive\.google\.com|drive\.usercontent\.google\.com|docs\.google\.com|(?:cdn|media)\.discordapp\.(?:com|net)|imgur\.com|nightly\.link)$/;

/** `?url=…`, `?user=…`: whose it is stands behind the path. */
function otherKey(old: SourceEntry, now: SourceEntry): string | undefined {
  const before = new Set(old.query.split("&"));
  return now.query
    .split("&")
    .find(
      (pair) =>
        !before.has(pair) &&
        (/^(?:url|uri|u|user|owner|account|repo|project|pkg|package|name|id|host|target|redirect|src|link)=/i.test(
          pair,
        ) ||
          /:(?:\/|%2f){2}/i.test(pair)),
    );
}

/** Behind these names in a path stands whose it is, or which run, upload or commit. */
const naming =
  /^(?:projects|users?|u|people|groups|organizations|publishers?|repositories|runs|jobs|artifacts|suites|builds|uploads|attachments|commits?|snapshot|namespaces)$/i;

function otherNamed(old: SourceEntry, now: SourceEntry): string | undefined {
  return now.segments.find((step, at) => {
    if (step === old.segments[at]) return false;
    const before = now.segments[at - 1] ?? "";
    if (step.startsWith("~") || before.endsWith(":")) return true;
    if (/^(?:gh|data)$/.test(before) && cdn.test(now.host))
      return nameOf(step) !== nameOf(old.segments[at] ?? "");
    return naming.test(before) && !wholeVersion.test(step);
  });
}

/** `1.2.3`, or a file's name that ends in it: no number by itself, and none that a name's letters end in. */
const wholeVersion = /^(?:[A-Za-z][A-Za-z_.+-]*[-_.])?[vr]?\d+(?:[._][\da-f]+)+[\w.+-]*$/;

const cdn = /(?:^|\.)(?:jsdelivr\.net|statically\.io|modrinth\.com)$/;

function nameOf(step: string): string {
  return step.split("@")[0] ?? "";
}

/** `https://proxy.example.org/https://github.com/owner/…`. */
function otherNested(old: SourceEntry, now: SourceEntry): string | undefined {
  const [before, after] = [old, now].map(nestedIn);
  if (after === undefined) return undefined;
  const [was, is] = [parseSource(before ?? ""), parseSource(after)];
  return ownerOf(was) === ownerOf(is) ? itself(was, is) : after;
}

function nestedIn({ segments }: SourceEntry): string | undefined {
  const at = segments.findIndex((step) => /^https?:$/i.test(step));
  if (at === -1) return undefined;
  return `https://${segments
    .slice(at + 1)
    .filter((step, index) => index > 0 || step !== "")
    .join("/")}`;
}
