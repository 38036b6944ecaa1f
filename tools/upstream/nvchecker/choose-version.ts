import { vercmp } from "../../alpm/vercmp.ts";
import { SluiceError } from "../../errors.ts";
import { type NvcheckerEntry, textOption } from "./nvchecker-config.ts";
import type { Found, FoundVersion } from "./nvchecker-kind.ts";
import { compareParsedVersions } from "./parse-version.ts";
import { regexOption } from "./python-regex.ts";

/**
 * The version that nvchecker reports for what was found: the list options choose among several, the global ones
 * rewrite the chosen one. Undefined where nothing is left.
 *
 * @throws SluiceError `nvchecker-option` or `nvchecker-regex` where an option isn't understood.
 */
export function chooseVersion(entry: NvcheckerEntry, found: Found): FoundVersion | undefined {
  const chosen = "version" in found ? found : newest(entry, found);
  if (!chosen?.version) return undefined;
  return { ...chosen, version: substituted(entry, chosen.version.replaceAll("\n", " ")) };
}

/** nvchecker's `apply_list_options`. Of versions that are equal in its order, it takes the last. */
function newest(entry: NvcheckerEntry, versions: readonly FoundVersion[]): FoundVersion | undefined {
  const included = regexOption(entry, "include_regex");
  const excluded = regexOption(entry, "exclude_regex");
  const ignored = new Set(textOption(entry, "ignored")?.split(/\s+/));
  const compare = sortOrder(entry);
  let best: FoundVersion | undefined;
  for (const candidate of versions) {
    const { version } = candidate;
    if (version.length > longestVersion) continue;
    if (included?.matchesWhole(version) === false || excluded?.matchesWhole(version) || ignored.has(version))
      continue;
    if (best === undefined || compare(version, best.version) >= 0) best = candidate;
  }
  return best;
}

/** In UTF-16 code units. Nothing longer can become a pkgver, and what is compared comes from strangers. */
const longestVersion = 256;

function sortOrder(entry: NvcheckerEntry): (a: string, b: string) => number {
  const key = textOption(entry, "sort_version_key") ?? "parse_version";
  const order = sortOrders.get(key);
  if (order !== undefined) return order;
  throw new SluiceError(
    "nvchecker-option",
    `${entry.path}: sort_version_key ${JSON.stringify(key)} isn't supported`,
    {
      hint: `Choose among ${[...sortOrders.keys()].join(" and ")}.`,
      facts: { path: entry.path },
    },
  );
}

const sortOrders = new Map([
  ["parse_version", compareParsedVersions],
  ["vercmp", vercmp],
]);

/**
 * Sluice's own option `commit_pattern`: where upstream tells a version together with its commit, what this matches is
 * taken out of the version, and its group is the commit.
 */
export function withCommit(entry: NvcheckerEntry, found: FoundVersion): FoundVersion {
  const pattern = regexOption(entry, "commit_pattern");
  if (pattern === undefined) return found;
  const [commit] = pattern.findAll(found.version);
  return commit === undefined ? found : { version: pattern.replaceAll(found.version, ""), commit };
}

/** nvchecker's `substitute_version`: the prefix first, then the patterns. */
function substituted(entry: NvcheckerEntry, version: string): string {
  const prefix = textOption(entry, "prefix") ?? "";
  const stripped = version.startsWith(prefix) ? version.slice(prefix.length) : version;
  const pattern = regexOption(entry, "from_pattern");
  if (pattern === undefined) return stripped;
  const template = textOption(entry, "to_pattern");
  if (template !== undefined) return pattern.replaceAll(stripped, template);
  throw new SluiceError("nvchecker-option", `${entry.path}: from_pattern needs a to_pattern`, {
    facts: { path: entry.path },
  });
}
