import { parseConfigFile } from "./config-file.ts";
import type { FileContent } from "../files.ts";
import type { Key } from "./key-kinds.ts";
import { packageKeys, repositoryKeys } from "./keys.ts";
import { nearestName } from "../../nearest-name.ts";

type Keys = Readonly<Record<string, Key<unknown>>>;
type Values<K extends Keys> = { readonly [Name in keyof K]: K[Name]["default"] };

export type RepositoryConfig = Values<typeof repositoryKeys>;
export type PackageConfig = Values<typeof packageKeys>;

/** Something in a configuration file that is wrong; the value in force is then the default. */
export interface ConfigProblem {
  readonly kind: "config-unreadable" | "syntax" | "unknown-key" | "invalid-value" | "repeated-key";
  /** Counted from 1; none for the file as a whole. */
  readonly line?: number;
  readonly message: string;
}

/** Reads `.ci/config`. Where there is none every key has its default. */
export function readRepositoryConfig(file: FileContent): Reading<RepositoryConfig> {
  return read(file, repositoryKeys, repositoryDefaults);
}

/** Reads a package's `.CI/config`. */
export function readPackageConfig(file: FileContent): Reading<PackageConfig> {
  return read(file, packageKeys, packageDefaults);
}

interface Reading<T> {
  readonly config: T;
  readonly problems: readonly ConfigProblem[];
}

const repositoryDefaults = defaultsOf(repositoryKeys);
const packageDefaults = defaultsOf(packageKeys);

function defaultsOf<K extends Keys>(keys: K): Values<K> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.default])) as Values<K>;
}

function read<K extends Keys>(file: FileContent, keys: K, defaults: Values<K>): Reading<Values<K>> {
  if (file.kind === "absent") return { config: defaults, problems: [] };
  if (file.kind === "refused") {
    return { config: defaults, problems: [{ kind: "config-unreadable", message: file.reason }] };
  }
  const { entries, errors } = parseConfigFile(file.text);
  const problems: ConfigProblem[] = errors.map((error) => ({ kind: "syntax", ...error }));
  const values: Record<string, unknown> = { ...defaults };
  const seen = new Set<string>();
  for (const { key: name, value: given, line } of entries) {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (!key) {
      problems.push({ kind: "unknown-key", line, message: unknownKey(name, Object.keys(keys)) });
      continue;
    }
    if (seen.has(name)) problems.push({ kind: "repeated-key", line, message: `${name} is given twice` });
    seen.add(name);
    const value = given === "" ? key.default : key.parse(given);
    if (value === undefined && given !== "") {
      const message = `${name}: \`${given.slice(0, 80)}\` is not ${key.expects}`;
      problems.push({ kind: "invalid-value", line, message });
    } else {
      values[name] = value;
    }
  }
  // Each value was parsed by its own key, which is what Values says.
  return { config: values as Values<K>, problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function unknownKey(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `unknown key ${name}${nearest ? `; did you mean ${nearest}?` : ""}`;
}
