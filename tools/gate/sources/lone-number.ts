import type { SourceEntry } from "./source-entry.ts";

/**
 * A number that changed and stands for itself, where it is written out: a project, a request to merge, an upload. It
 * may be spelled as the version is, and lead to anybody's all the same. Undefined where every number that changed is
 * a version with its separators or stands behind a name in a file's.
 */
export function loneNumber(
  old: SourceEntry,
  now: SourceEntry,
  pkgver: string | undefined,
): string | undefined {
  // Another number of steps is looked at elsewhere.
  if (old.segments.length !== now.segments.length) return undefined;
  const [before, after] = [old, now].map(({ segments, query, fragment }) =>
    [...segments, ...query.split("&"), ...(isPinned(fragment) ? [] : [fragment])].map((step) =>
      step.replace(/^[^=]*=/, ""),
    ),
  ) as [string[], string[]];
  return after.find((step, at) => {
    const was = before[at];
    const isWhole = pkgver !== undefined && /\d[._]\d/.test(pkgver) && step.includes(pkgver);
    if (was === undefined || was === step || isWhole) return false;
    const [numbersBefore, numbersNow] = [was, step].map((text) => text.match(/\d+/g) ?? []);
    const hasSeparators = /\d[._+~-]\d/.test(step);
    // `foo2408.tar.xz` and `foo-2408.zip` have the project's name before it.
    const isNamed =
      /^[A-Za-z][A-Za-z_.+-]*[-_.]?\d+(?:[-_.][A-Za-z][\w.-]*)?$/.test(step) && !/^refs?\b/.test(step);
    const isFile =
      isNamed && /\.(?:tar\.\w+|t[gx]z|zip|7z|deb|rpm|jar|exe|AppImage|dmg|gz|xz|bz2)$/i.test(step);
    return numbersBefore?.join() !== numbersNow?.join() && !hasSeparators && !isFile;
  });
}

/** A whole commit id; whether this version's tag leads there is asked upstream. */
function isPinned(fragment: string): boolean {
  return /^commit=(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(fragment);
}

/**
 * A number that changed and stands where a host counts what anybody may upload or ask for: requests to merge,
 * attachments, other people's add-ons. No version of the project leads there, however it is written.
 */
export function countedUpload(old: SourceEntry, now: SourceEntry): string | undefined {
  const steps = now.segments.map((step, at) => [now.segments[at - 1] ?? "", old.segments[at], step] as const);
  const [before, after] = [old, now].map(({ query }) =>
    query.split(/[&;]/).map((pair) => pair.split(/=(.*)/s)),
  );
  const values = (after ?? []).map(([key = "", value = ""], at) => [key, before?.[at]?.[1], value] as const);
  const numbered = /^\d+(?:\.(?:patch|diff))?$/;
  const [, , found] =
    steps.find(([kind, was, is]) => was !== is && numbered.test(is) && countedKinds.test(kind)) ??
    values.find(
      ([key, was, is]) => was !== is && numbered.test(is) && /id$|^attachment$|^file$/i.test(key),
    ) ??
    [];
  return found;
}

const countedKinds =
  /^(?:pulls?|pr|merge_requests?|issues|bugs?|\+?attachments?|file|files|snippets|paste|records?)$/;
