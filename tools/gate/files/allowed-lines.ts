import { RE2JS } from "re2js";
import { SluiceError } from "../../errors.ts";
import type { LineMatcher } from "../update.ts";

/**
 * Reads CI_PKGBUILD_CHANGE_ALLOW_REGEX: POSIX extended regular expressions between `;`, found anywhere in a
 * line as with bash's `=~`. They're matched by RE2, in time linear in the line.
 *
 * @throws SluiceError `allow-regex` where one isn't understood.
 */
export function readAllowedLines(setting: string): LineMatcher[] {
  return setting.split(";").flatMap((pattern) => (pattern === "" ? [] : [compile(pattern)]));
}

function compile(pattern: string): LineMatcher {
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (line) => compiled.matcher(line).find() };
  } catch (cause) {
    throw new SluiceError(
      "allow-regex",
      `CI_PKGBUILD_CHANGE_ALLOW_REGEX: ${JSON.stringify(pattern)} is no regular expression`,
      {
        hint: "Write POSIX extended regular expressions with `;` between them, without back references.",
        cause,
      },
    );
  }
}

/**
 * The old text with every line that may change as it is now: where as many lines went as came, each pair
 * matching the same pattern. Undefined where there is none.
 */
export function withAllowedLines(
  before: string,
  after: string,
  allowed: readonly LineMatcher[],
): string | undefined {
  if (allowed.length === 0 || before === after) return undefined;
  const [old, now] = [before.split("\n"), after.split("\n")];
  const result: string[] = [];
  let changed = false;
  let at = 0;
  for (const [place, position] of [...pairs(old, now), [old.length, now.length] as const]) {
    const [gone, come] = [old.slice(result.length, place), now.slice(at, position)];
    const fits =
      gone.length > 0 &&
      gone.length === come.length &&
      gone.every((line, index) => allowed.some((one) => one.matches(line) && one.matches(come[index] ?? "")));
    result.push(...(fits ? come : gone));
    changed ||= fits;
    if (place < old.length) result.push(old[place] ?? "");
    at = position + 1;
  }
  return changed ? result.join("\n") : undefined;
}

/** Lines that both have, in order: from both ends, and by lines that each side has once in between. */
function pairs(old: readonly string[], now: readonly string[]): (readonly [number, number])[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  )
    end += 1;
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at < start; at += 1) found.push([at, at]);
  const positions = new Map<string, number>();
  for (let at = start; at < now.length - end; at += 1)
    positions.set(now[at] ?? "", positions.has(now[at] ?? "") ? -1 : at);
  let last = start - 1;
  for (let at = start; at < old.length - end; at += 1) {
    const position = positions.get(old[at] ?? "") ?? -1;
    if (position > last) {
      found.push([at, position]);
      last = position;
    }
  }
  for (let at = end; at > 0; at -= 1) found.push([old.length - at, now.length - at]);
  return found;
}
