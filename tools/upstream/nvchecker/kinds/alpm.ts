import { SluiceError } from "../../../errors.ts";
import type { DatabaseEntry } from "../../../alpm/database.ts";
import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import type { LibraryDatabase } from "../../distribution/library-databases.ts";
import type { Asking } from "../asking.ts";
import { type PythonRegex, regexOption } from "../python-regex.ts";

/**
 * A package in the databases of CI_LIB_DB, whole version or the version of something that it provides. Undefined
 * where its database has not changed since the last run: then neither has the package.
 */
export async function askAlpm(entry: NvcheckerEntry, asking: Asking): Promise<Found | undefined> {
  const found = await packageIn(entry, textOption(entry, "alpm") || entry.name, asking);
  if (found === undefined) return undefined;
  const { name, version, provides } = found.entry;
  const provided = textOption(entry, "provided");
  const whole = provided
    ? provides.find((one) => one.startsWith(`${provided}=`))?.slice(provided.length + 1)
    : version;
  if (whole === undefined) throw optionError(entry, `${name} tells no version of ${provided}`);
  return { version: isSet(entry, "strip_release") ? whole.replace(/-.*/, "") : whole };
}

/** The first file of a package that the option `filename` matches, as it tells or as its one group does. */
export async function askAlpmfiles(entry: NvcheckerEntry, asking: Asking): Promise<Found | undefined> {
  requiredOption(entry, "filename");
  const regex = regexOption(entry, "filename");
  if (regex === undefined || regex.groups > 1)
    throw optionError(entry, "filename must have one group at most");
  const found = await packageIn(entry, requiredOption(entry, "pkgname"), asking);
  if (found === undefined) return undefined;
  const files = await found.database.filesOf(found.entry);
  if (files === undefined) return undefined;
  const names = isSet(entry, "strip_dir") ? files.map((file) => file.replace(/^.*\//, "")) : files;
  const match = names.find((name) => regex.matchesWhole(name));
  if (match === undefined) throw optionError(entry, `no file of ${found.entry.name} matches filename`);
  return { version: versionIn(match, regex) };
}

function versionIn(match: string, regex: PythonRegex): string {
  return regex.groups === 0 ? match : regex.replaceAll(match, String.raw`\1`);
}

/** By the first repository that has it, in the order of nvchecker's option. */
async function packageIn(
  entry: NvcheckerEntry,
  name: string,
  asking: Asking,
): Promise<{ readonly entry: DatabaseEntry; readonly database: LibraryDatabase } | undefined> {
  const databases = await asking.databases();
  let isKnown = true;
  for (const repository of repositoriesOf(entry)) {
    const database = databases.get(repository);
    // A workspace need not know all of the usual ones.
    if (database === undefined && entry.options.get("repo") === undefined) continue;
    if (database === undefined) {
      throw optionError(entry, `CI_LIB_DB has no database called ${repository}.db`);
    }
    if (database instanceof SluiceError) throw database;
    const found = database.packages?.get(name);
    if (found) return { entry: found, database };
    isKnown &&= database.packages !== undefined;
  }
  if (!isKnown) return undefined;
  throw optionError(entry, `no database of CI_LIB_DB called ${repositoriesOf(entry).join(", ")} has ${name}`);
}

function repositoriesOf(entry: NvcheckerEntry): readonly string[] {
  const repo = textOption(entry, "repo");
  if (repo) return [repo];
  const repos = entry.options.get("repos");
  const named = Array.isArray(repos) ? repos.filter((one) => typeof one === "string") : [];
  return named.length > 0 ? named : ["core", "extra", "multilib"];
}

function optionError({ path }: NvcheckerEntry, what: string): SluiceError {
  return new SluiceError("nvchecker-option", `${path}: ${what}`, {
    hint: "Look at the options repo, provided and filename, and at CI_LIB_DB in .ci/config.",
    facts: { path },
  });
}
