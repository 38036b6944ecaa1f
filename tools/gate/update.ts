import type { Finding, Verdict } from "./rules/finding.ts";
import type { SecondReading } from "../pkgbuild/second-reading/second-reading.ts";

/** A recipe's files by path, without `.CI`. Paths are as Git has them, with `/`. */
export type RecipeFiles = ReadonlyMap<string, RecipeFile>;

export interface RecipeFile {
  /** As Git writes it: a file, an executable, a symbolic link (its target in `bytes`), a submodule. */
  readonly mode: "100644" | "100755" | "120000" | "160000";
  readonly bytes: Uint8Array;
}

/** A recipe as it stands in the workspace, and as upstream has it now. */
export interface Update {
  readonly pkgbase: string;
  /** Undefined for a package's first recipe. */
  readonly before: RecipeFiles | undefined;
  readonly after: RecipeFiles;
  /**
   * The recipe that a person approved last, where more was let through since than plain new versions; `lost` where it
   * can't be read any more.
   */
  readonly approved?: RecipeFiles | "lost" | undefined;
}

/** What judging an update needs to know beside the recipes. Times are in milliseconds since 1970. */
export interface JudgeContext {
  /** The architectures that the workspace builds for; the recipe's own are judged in any case. */
  readonly architectures: readonly string[];
  /** The accepted maintainers; undefined where none were recorded yet. */
  readonly maintainersBefore?: readonly string[] | undefined;
  /** Upstream's maintainers now; undefined where upstream knows none, empty for an orphan. */
  readonly maintainersAfter?: readonly string[] | undefined;
  /** CI_AUR_MAINTAINERS: who may maintain it; none: anybody. */
  readonly pinnedMaintainers?: readonly string[];
  /** Accounts of `.ci/aur-maintainers`. */
  readonly trustedMaintainers: ReadonlySet<string>;
  /** When upstream's maintainers were learnt. */
  readonly metadataTime?: number | undefined;
  /** When upstream's recipe was committed. */
  readonly recipeCommitTime?: number | undefined;
  readonly now: number;
  /** For how long after upstream's commit minor updates of untrusted maintainers wait; 0: they don't. */
  readonly cooldownHours: number;
  /** CI_PKGBUILD_CHANGE_ALLOW_REGEX: lines of the PKGBUILD that may change, before and after. */
  readonly allowedLines: readonly LineMatcher[];
  /** How programs that aren't ours read the scripts of both sides, by their text; see `scriptsOf`. */
  readonly readings: ReadonlyMap<string, SecondReading>;
  /**
   * Whether the distribution or this workspace has what a dependency asks for; see `inert-changes.ts`. Undefined
   * where nothing is known of what they have.
   */
  readonly isInstallable?: ((relation: string) => boolean) | undefined;
  /** What is known of the tags that an earlier judgement asked for, by `tagKey`. */
  readonly tagAnswers: ReadonlyMap<string, TagAnswer>;
}

/** What the gate says of an update. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Answers that could make the verdict milder: ask, and judge again with them in `tagAnswers`. */
  readonly needs: readonly TagQuestion[];
  /** A minor update that has to wait, in milliseconds since 1970. */
  readonly holdUntil?: number;
}

/** A pattern whose matching takes time linear in the line. */
export interface LineMatcher {
  matches(line: string): boolean;
}

/** Is this commit what the repository's tag of this version points at? */
export interface TagQuestion {
  /** The repository, `https://` or `git://`. */
  readonly url: string;
  /** A commit id, perhaps shortened. */
  readonly commit: string;
  readonly version: string;
}

export type TagAnswer = "tagged" | "not-tagged" | "unreachable";

export function tagKey({ url, commit, version }: TagQuestion): string {
  return JSON.stringify([url, commit, version]);
}
