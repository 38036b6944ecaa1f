import { SluiceError } from "../../errors.ts";
import { nvcheckerKinds } from "../../upstream/nvchecker/nvchecker-kinds.ts";
import { regexOption } from "../../upstream/nvchecker/python-regex.ts";
import { aliases } from "./aliases.ts";

/** An entry of `update_on`, its alias resolved, as a section of an nvchecker file has it. */
export interface UpdateEntry {
  readonly source: string;
  /** What a person calls it: the alias, or what its source is asked for. */
  readonly name: string;
  readonly options: Readonly<Record<string, string | boolean | readonly string[]>>;
}

/** Options that are about lilac's own run, or its machine. */
const dropped = new Set(["alias", "lilac_throttle", "dbpath"]);

/**
 * @param repository the name of the repository that the packages are published to
 * @returns why it is for a person, where it is
 */
export function readUpdateEntry(
  pkgbase: string,
  raw: Readonly<Record<string, unknown>>,
  repository: string,
): UpdateEntry | string {
  const alias = raw["alias"] ?? (raw["source"] === "alpm-lilac" ? "alpm-lilac" : undefined);
  const expanded = expandAlias(raw, alias, repository);
  if (typeof expanded === "string") return expanded;
  const options: Record<string, string | boolean | readonly string[]> = {};
  for (const [key, value] of Object.entries(expanded)) {
    if (dropped.has(key)) continue;
    const option = optionOf(key, value, pkgbase);
    if (option === undefined) return `the option ${key} is neither text, number, truth nor list of texts`;
    options[key] = option;
  }
  const { source } = options;
  if (typeof source !== "string") return "it names no source";
  const own = options[source] ?? options["pkgname"] ?? options["url"];
  const name = typeof alias === "string" && alias !== "alpm-lilac" ? alias : own;
  return { source, name: typeof name === "string" ? name : source, options };
}

function expandAlias(
  raw: Readonly<Record<string, unknown>>,
  alias: unknown,
  repository: string,
): Readonly<Record<string, unknown>> | string {
  if (alias === undefined) return raw;
  if (alias === "alpm-lilac") return { repo: repository, ...raw, source: "alpm" };
  const known = typeof alias === "string" && Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
  return known ? { ...known, ...raw } : `the alias ${JSON.stringify(alias)} isn't known`;
}

/** lilac fills in the package's name where YAML has nothing. */
function optionOf(
  key: string,
  value: unknown,
  pkgbase: string,
): string | boolean | readonly string[] | undefined {
  if (value === null || value === "") return key === "to_pattern" ? "" : pkgbase;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  return undefined;
}

/** Whether it tells of commits, of which each is to be built. */
export function followsCommits({ source, options }: UpdateEntry): boolean {
  if (source === "vcs") return true;
  if (source === "git") return options["use_commit"] !== undefined;
  const isForge = ["github", "gitlab", "gitea", "bitbucket"].includes(source);
  return isForge && !Object.keys(options).some((option) => option.startsWith("use_"));
}

const patterns = ["regex", "include_regex", "exclude_regex", "from_pattern", "filename"];

/** Why nobody could ask for it here; undefined where somebody can. */
export function whyNotAsked({ source, options }: UpdateEntry): string | undefined {
  if (source === "cmd") return "it runs a command";
  if (!nvcheckerKinds.has(source)) return `nvchecker's source ${source} isn't supported`;
  const entry = { name: "", kind: source, path: "update_on", options: new Map(Object.entries(options)) };
  try {
    for (const option of patterns) regexOption(entry, option);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}
