import { stringify } from "smol-toml";
import { SluiceError } from "../../errors.ts";
import { convertRecipeSource, type RecipeSource } from "./convert-source.ts";
import { readLilacYaml, type LilacYaml } from "./lilac-yaml.ts";
import { followPkgver } from "./literal-version.ts";
import {
  postBuildIdioms,
  preBuildIdioms,
  readModule,
  readStatements,
  type NotUnderstood,
  type Understood,
} from "./python-idioms.ts";
import { readPython } from "./python.ts";
import { readUpdateEntry, whyNotAsked, type UpdateEntry } from "./update-entries.ts";

/** A package folder as lilac has it. */
export interface LilacFolder {
  readonly pkgbase: string;
  readonly yaml: string;
  readonly python: string | undefined;
  readonly pkgbuild?: string | undefined;
  /** The repository's name. */
  readonly repository: string;
}

/** What becomes of it. */
export interface Conversion {
  readonly pkgbase: string;
  readonly source: RecipeSource;
  /** For `.CI/config`. */
  readonly settings: Readonly<Record<string, string>>;
  /** By path in the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Of GitHub. */
  readonly maintainers: readonly string[];
  /** Lines that need a person, in this order. */
  readonly lines: readonly LineForPerson[];
  /** Package folders that it says it needs. */
  readonly needs: readonly string[];
  /** What of it nothing here stands for, by the word for it. */
  readonly buildPrefix: string | undefined;
  readonly asksOwnRepository: boolean;
  /** lilac pushes it to the AUR; where that and rebuilds exclude each other, it is for a person to choose. */
  readonly isPushedToAur: boolean;
}

export interface LineForPerson {
  readonly path: "lilac.yaml" | "lilac.py";
  readonly line: number;
  /** The line itself where it is Python, and why. */
  readonly why: string;
}

/** Converts one package; what isn't understood is for a person, and the rest is converted all the same. */
export function convert(folder: LilacFolder): Conversion {
  const { pkgbase, repository } = folder;
  const lines: LineForPerson[] = [];
  const yaml = readOrReport(folder, lines);
  const { understood, before } = readBuildSteps(folder, yaml, lines);
  const entries = (yaml.update_on ?? []).map((raw, at) => {
    const entry = readUpdateEntry(pkgbase, raw, repository);
    const why = typeof entry === "string" ? entry : undefined;
    return { at, entry: typeof entry === "string" ? undefined : entry, why };
  });
  const [first, ...others] = entries;
  const said = (at: number, why: string): number =>
    lines.push({ path: "lilac.yaml", line: yaml.lineOf("update_on", at), why });

  const source = convertRecipeSource({
    pkgbase,
    managed: yaml.managed,
    understood,
    isUnderstood: before.length === 0,
    first: first?.entry,
    otherVcs: otherVcsIn(folder.pkgbuild ?? ""),
  });
  if (source.kind === "person" && before.length === 0) said(0, first?.why ?? source.why);
  const triggers = [
    ...(source.kind !== "person" && source.trigger ? [source.trigger] : []),
    ...others.flatMap(({ at, entry, why }) => {
      if (entry?.source === "manual") return [];
      const problem = entry ? whyNotAsked(entry) : why;
      if (problem !== undefined) said(at, `a rebuild isn't converted: ${problem}`);
      return entry && problem === undefined ? [entry] : [];
    }),
    ...(yaml.update_on_build ?? []).map(onBuild(repository)),
  ];
  const pkgbuild = understood.pypi ? followPkgver(folder.pkgbuild ?? "") : undefined;
  const files = new Map([
    ...(pkgbuild === undefined ? [] : [["PKGBUILD", pkgbuild] as const]),
    ...(source.kind === "version" ? [["nvchecker.toml", tomlOf([[pkgbase, source.options]])] as const] : []),
    ...(triggers.length > 0 && yaml.managed
      ? [[".CI/rebuild-on.toml", tomlOf(sectionsOf(triggers))] as const]
      : []),
  ]);
  const buildPrefix = yaml.build_prefix ?? understood.buildPrefix;
  return {
    pkgbase,
    source,
    settings: settingsOf(yaml, source, {
      isPushed: understood.pushedToAur === true && triggers.length === 0,
    }),
    files,
    maintainers: (yaml.maintainers ?? []).flatMap(({ github }) =>
      github && /^[\w-]+$/.test(github) ? [github] : [],
    ),
    lines: lines.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? 1 : -1)),
    needs: [...(yaml.repo_depends ?? []), ...(yaml.repo_makedepends ?? [])].flatMap((one) =>
      typeof one === "string" ? [one] : Object.keys(one).slice(0, 1),
    ),
    buildPrefix,
    isPushedToAur: understood.pushedToAur === true,
    asksOwnRepository: triggers.some(({ options }) => options["repo"] === repository),
  };
}

/** What a recipe's sources are kept in, where none of them is Git. */
function otherVcsIn(pkgbuild: string): string | undefined {
  const [, kind] = /\b(svn|hg|bzr|fossil)(?:\+|:\/\/)/.exec(pkgbuild) ?? [];
  return /\bgit(?:\+|:\/\/)/.test(pkgbuild) ? undefined : kind;
}

const empty = readLilacYaml("{}");

function readOrReport({ yaml }: LilacFolder, lines: LineForPerson[]): LilacYaml {
  try {
    const read = readLilacYaml(yaml);
    for (const key of read.unknown)
      lines.push({ path: "lilac.yaml", line: read.lineOf(key), why: `the key ${key} isn't known` });
    if (read.staging)
      lines.push({ path: "lilac.yaml", line: read.lineOf("staging"), why: "there is no staging" });
    return read;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    lines.push({ path: "lilac.yaml", line: Number(error.facts["line"] ?? 1), why: error.message });
    return { ...empty, managed: false };
  }
}

/** What is done before and after a build, and what of that before it isn't understood. */
function readBuildSteps(
  { python }: LilacFolder,
  yaml: LilacYaml,
  lines: LineForPerson[],
): { understood: Understood; before: readonly NotUnderstood[] } {
  const understood: Understood = { variables: new Map() };
  const said = (
    path: LineForPerson["path"],
    found: readonly NotUnderstood[],
    above = 0,
  ): readonly NotUnderstood[] => {
    for (const { line, text } of found) lines.push({ path, line: line + above, why: text });
    return found;
  };
  const ofModule = readModule(readPython(python ?? ""), understood);
  const before = [...said("lilac.py", ofModule.before)];
  said("lilac.py", ofModule.after);
  for (const [key, idioms] of [
    ["pre_build", preBuildIdioms],
    ["pre_build_script", preBuildIdioms],
    ["post_build", postBuildIdioms],
    ["post_build_script", postBuildIdioms],
    ["post_build_always", postBuildIdioms],
    ["post_build_always_script", postBuildIdioms],
  ] as const) {
    if (key.startsWith("pre_") ? ofModule.definesBefore : ofModule.definesAfter) continue;
    const found = readStatements(readPython(yaml[key] ?? ""), idioms, understood);
    said("lilac.yaml", found, yaml.lineOf(key) - (key.endsWith("_script") ? 0 : 1));
    if (key.startsWith("pre_")) before.push(...found);
  }
  if (understood.commit === "read") {
    before.push(...said("lilac.py", [{ line: 1, text: "the commit is read and never written" }]));
  }
  return { understood, before };
}

function onBuild(repository: string) {
  return ({
    pkgbase,
    from_pattern,
    to_pattern,
  }: NonNullable<LilacYaml["update_on_build"]>[number]): UpdateEntry => ({
    source: "alpm",
    name: pkgbase,
    options: {
      source: "alpm",
      alpm: pkgbase,
      repo: repository,
      ...(from_pattern === undefined ? {} : { from_pattern, to_pattern: to_pattern ?? "" }),
    },
  });
}

function settingsOf(
  { time_limit_hours: hours, managed, allowed_workers: workers }: LilacYaml,
  source: RecipeSource,
  { isPushed }: { readonly isPushed: boolean },
): Record<string, string> {
  return {
    ...("settings" in source && source.settings),
    ...(!managed && { CI_ON_TRIGGER: "unmanaged" }),
    ...(isPushed && { CI_MANAGE_AUR: "true" }),
    ...(hours !== undefined && hours !== 1 && { BUILDER_EXTRA_TIMEOUT: String(hours) }),
    ...(workers?.length === 1 && /^\w[\w.+-]*$/.test(workers[0]!) && { BUILDER_CLASS: workers[0]! }),
  };
}

/** Sections by name, each once. */
function sectionsOf(entries: readonly UpdateEntry[]): [string, UpdateEntry["options"]][] {
  const names = new Set<string>();
  return entries.map(({ name, options }) => {
    let unique = name;
    for (let count = 2; names.has(unique); count += 1) unique = `${name} (${count})`;
    names.add(unique);
    return [unique, options];
  });
}

function tomlOf(sections: readonly (readonly [string, UpdateEntry["options"]])[]): string {
  return `${stringify(Object.fromEntries(sections)).trimEnd()}\n`;
}
