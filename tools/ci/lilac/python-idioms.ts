import type { Statement } from "./python.ts";
import { wholeText } from "./python.ts";
import { readVersionText, type TextOperation } from "./version-text.ts";

/** What a package's Python does, as far as it consists of idioms. */
export interface Understood {
  /** `aur_pre_build`: the AUR's recipe takes the place of this one. */
  aur?: { readonly name: string | undefined; readonly maintainers: readonly string[] };
  /** `update_pkgver_and_pkgrel`: nvchecker's answer becomes the version. */
  version?: readonly TextOperation[];
  /** nvchecker's answer is `VERSION@COMMIT`, and `_commit` follows it. */
  commit?: "read" | "written";
  /** `vcs_update`: pkgver() tells the version, of the newest commit. */
  vcs?: true;
  /** `update_pkgrel`: only pkgrel grows. */
  pkgrel?: true;
  /** `pypi_pre_build`: as the version, of a project on PyPI. */
  pypi?: true;
  /** `update_aur_repo`: the package is pushed to the AUR. */
  pushedToAur?: true;
  buildPrefix?: string;
  readonly variables: Map<string, readonly TextOperation[]>;
}

/** What a person has to look at. */
export interface NotUnderstood {
  readonly line: number;
  /** As `readPython` spells it, shortened. */
  readonly text: string;
}

/** One thing that such files say. Where `read` answers false, the statement is for a person after all. */
export interface Idiom {
  /** As people write it. */
  readonly says: string;
  /** For the documentation: what it becomes here. */
  readonly becomes: string;
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray, so: Understood) => void | false;
}

const nothing = (): void => undefined;

/** Of a module, outside of functions. */
export const moduleIdioms: readonly Idiom[] = [
  {
    says: "from lilaclib import *",
    becomes: "nothing: modules that are imported do nothing by themselves",
    pattern: /^(?:from [\w.]+ import.+|import [\w., ]+)$/,
    read: nothing,
  },
  {
    says: "g = SimpleNamespace()",
    becomes: "nothing, nor do texts that stand by themselves",
    pattern: /^(?:\w+=SimpleNamespace\(\)|"(?:\\.|[^"\\])*"|pass)$/,
    read: nothing,
  },
  {
    says: "if __name__ == '__main__': single_main()",
    becomes: "nothing",
    pattern: /^if __name__=="__main__":\{single_main\([^{};]*\)\}$/,
    read: nothing,
  },
  {
    says: "build_prefix = 'multilib'",
    becomes: "as `build_prefix` of `lilac.yaml`",
    pattern: /^build_prefix="([\w-]+)"$/,
    read: ([, prefix], so) => void (so.buildPrefix = prefix!),
  },
  {
    says: "pre_build = vcs_update",
    becomes: "as `pre_build` of `lilac.yaml`",
    pattern: /^pre_build=(\w+)$/,
    read: ([, name], so) => {
      const called = [{ text: `${name}()`, line: 0, body: [] }];
      return readStatements(called, preBuildIdioms, so).length === 0 ? undefined : false;
    },
  },
  {
    says: "post_build = aur_post_build",
    becomes: "nothing: the pipelines commit what they change",
    pattern: /^post_build(?:_always)?=(?:git_pkgbuild_commit|aur_post_build|pypi_post_build)$/,
    read: nothing,
  },
];

const text = String.raw`"(?:\\.|[^"\\])*"`;
const texts = String.raw`\[(?:${text}(?:,${text})*)?\]`;

/** Of `pre_build`, and of `pre_build_script`. */
export const preBuildIdioms: readonly Idiom[] = [
  {
    says: "aur_pre_build(maintainers=['alice'])",
    becomes: "`CI_PKGBUILD_SOURCE=aur`, with `CI_AUR_MAINTAINERS=alice`",
    pattern: new RegExp(
      String.raw`^aur_pre_build(?:\((?:name=)?(${text})?,?(?:maintainers=(${text}|${texts}|\((?:${text},?)*\)))?\))?$`,
    ),
    read: ([, name, maintainers = "[]"], so) => {
      const listed = maintainers.replace(/^\((.*?),?\)$/, "[$1]");
      const accounts = [JSON.parse(listed) as string | string[]].flat();
      if (!accounts.every((account) => /^[\w.-]+$/.test(account))) return false;
      so.aur = { name: name === undefined ? undefined : (JSON.parse(name) as string), maintainers: accounts };
      return undefined;
    },
  },
  {
    says: "update_pkgver_and_pkgrel(_G.newver.lstrip('v'))",
    becomes: "`CI_NVCHECKER=true`; the text operations become `prefix`, `from_pattern` and `to_pattern`",
    pattern: /^update_pkgver_and_pkgrel\((.+?)(?:,updpkgsums=True)?\)$/,
    read: ([, expression], so) => {
      const operations = readVersionText(expression!, so.variables);
      if (!operations || so.version) return false;
      so.version = operations;
      return undefined;
    },
  },
  {
    says: "newver = _G.newver.removeprefix('v')",
    becomes: "a name for it, where an idiom uses it later",
    pattern: /^(\w+)=((?:_G\.newver|re\.sub\(|[a-z_]\w*).*)$/,
    read: ([, name, expression], so) => {
      const operations = readVersionText(expression!, so.variables);
      if (!operations) return false;
      so.variables.set(name!, operations);
      return undefined;
    },
  },
  {
    says: "pkgver, commit = _G.newver.split('@')",
    becomes: "`commit_pattern` in `nvchecker.toml`: what follows the `@` is the commit",
    pattern: /^pkgver,commit=_G\.newver\.split\("@"\)$/,
    read: (_, so) => {
      so.commit = "read";
      so.variables.set("pkgver", []).set("commit", []);
    },
  },
  {
    says: "for line in edit_file('PKGBUILD'): … _commit={commit} …",
    becomes: "nothing: `_commit` follows the version's commit",
    pattern:
      /^for (\w+) in edit_file\("PKGBUILD"\):\{if \1\.startswith\("_commit="\):\{\1=f"_commit=\{commit\}"\};print\(\1\)\}$/,
    read: (_, so) => {
      if (so.commit === undefined) return false;
      so.commit = "written";
      return undefined;
    },
  },
  {
    says: "vcs_update()",
    becomes:
      "nothing where the package is called `…-git`, else `CI_FORCE_VCS=true`: builds follow upstream's commits",
    pattern: /^vcs_update(?:\(\))?$/,
    read: (_, so) => void (so.vcs = true),
  },
  {
    says: "update_pkgrel()",
    becomes: "nothing: a rebuild sets `CI_PACKAGE_BUMP`",
    pattern: /^update_pkgrel\(\)$/,
    read: (_, so) => void (so.pkgrel = true),
  },
  {
    says: "pypi_pre_build(…)",
    becomes:
      "`CI_NVCHECKER=true`; where the source names the version itself, it names pkgver; the dependencies stay",
    pattern: /^pypi_pre_build(?:\([^;{}]*\))?$/,
    read: (_, so) => void (so.pypi = true),
  },
  {
    says: "for line in edit_file('PKGBUILD'): … without groups= or replaces= …",
    becomes: "nothing: both are taken out of built packages unless `BUILDER_ALLOW_PROHIBITED=true`",
    pattern:
      /^for (\w+) in edit_file\("PKGBUILD"\):\{(?:if \1\.startswith\("(?:groups|replaces)=\(?"\):\{(?:continue|\1="\\n")\};print\(\1\)|if not \1\.startswith\("(?:groups|replaces)=\(?"\):\{print\(\1\)\})\}$/,
    read: nothing,
  },
  {
    says: "import re",
    becomes: "nothing",
    pattern: /^(?:from [\w.]+ import.+|import [\w., ]+)$/,
    read: nothing,
  },
  {
    says: "run_cmd(['updpkgsums'])",
    becomes: "nothing: a new version brings new checksums",
    pattern: /^run_cmd\(\["updpkgsums"\]\)$/,
    read: (_, so) => (so.version ? undefined : false),
  },
];

/** Of `post_build`, and of `post_build_script`. */
export const postBuildIdioms: readonly Idiom[] = [
  {
    says: "git_pkgbuild_commit(), aur_post_build(), git_add_files('PKGBUILD'), git_commit()",
    becomes: "nothing: the pipelines commit what they change",
    pattern: new RegExp(
      String.raw`^(?:git_pkgbuild_commit|aur_post_build|pypi_post_build|git_commit|git_push|pass|(?:git_add_files|git_rm_files)\((?:${text}|${texts})\))(?:\(\))?$`,
    ),
    read: nothing,
  },
  {
    says: "update_aur_repo()",
    becomes: "`CI_MANAGE_AUR=true`; nothing is pushed before the repository says so too",
    pattern: /^update_aur_repo(?:\(\))?$/,
    read: (_, so) => void (so.pushedToAur = true),
  },
];

/** No idiom is as long: what is longer was made to keep its reader busy. */
const longest = 10_000;

/** Reads statements by a table; answers those that none of it understands. */
export function readStatements(
  statements: readonly Statement[],
  idioms: readonly Idiom[],
  so: Understood,
): NotUnderstood[] {
  return statements.flatMap((statement) => {
    const whole = wholeText(statement);
    const isUnderstood =
      whole.length <= longest &&
      idioms.some(({ pattern, read }) => {
        const match = pattern.exec(whole);
        return match !== null && read(match, so) !== false;
      });
    return isUnderstood ? [] : [{ line: statement.line, text: whole.slice(0, 120) }];
  });
}

/** What a `lilac.py` defines itself; what `lilac.yaml` says of it doesn't count then. */
export interface ModuleReading {
  readonly before: readonly NotUnderstood[];
  readonly after: readonly NotUnderstood[];
  readonly definesBefore: boolean;
  readonly definesAfter: boolean;
}

function isBefore({ text: head }: Statement): boolean {
  return /^def pre_build\(\):$/.test(head);
}

function isAfter({ text: head }: Statement): boolean {
  return /^def post_build(?:_always)?\(.*\):$/.test(head);
}

/** Reads a `lilac.py`: its functions by the tables of what they're for. */
export function readModule(statements: readonly Statement[], so: Understood): ModuleReading {
  const rest = statements.filter((one) => !isBefore(one) && !isAfter(one));
  const bodies = (of: (one: Statement) => boolean): Statement[] =>
    statements.filter(of).flatMap(({ body }) => body);
  return {
    before: [
      ...readStatements(rest, moduleIdioms, so),
      ...readStatements(bodies(isBefore), preBuildIdioms, so),
    ],
    after: readStatements(bodies(isAfter), postBuildIdioms, so),
    definesBefore: statements.some((one) => isBefore(one) || one.text.startsWith("pre_build=")),
    definesAfter: statements.some((one) => isAfter(one) || one.text.startsWith("post_build=")),
  };
}
