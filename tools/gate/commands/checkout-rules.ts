import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import type { SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { type Visitor, walkCommand } from "../../pkgbuild/grammar/walk.ts";
import { fetchesWith } from "../known/fetching-programs.ts";
import { nameOf } from "./resolved-words.ts";
import { type Finding, findingsOf } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { textsOf } from "../values/variables.ts";
import { revisionRules } from "../sources/source-revision.ts";

const finding = findingsOf(revisionRules);

const fetching = /^(?:git|hg|svn|bzr|fossil)$/;
/** What of Git chooses the content that is built. */
const choosing =
  /(?<![\w-])(?:checkout|reset|switch|restore|fetch|pull|merge|cherry-pick|revert|rebase|worktree|archive|clone|show|submodule|read-tree)(?![\w-])/;

/** Nothing that Git or a host takes for a commit, a branch or the number of a request: two numbers at least. */
const dottedVersion = /^[A-Za-z_-]*\d+(?:[._]\d+)+(?:[._+-]?(?:alpha|beta|rc|pre|a|b)[._-]?\d*)*$/i;

/**
 * Functions that choose what is built by a variable which changed: what is a version where it's shown may be a
 * commit, an ancestor or a stranger's request where it's taken apart.
 */
export function judgeCheckouts({ after, changes }: Comparison): Finding[] {
  const changed = new Map(
    changes.map(({ name, before, after }) => [name, [textsOf(before), textsOf(after)]]),
  );
  const findings = new Map<string, Finding>();
  const visitor: Visitor = {
    simple(command) {
      const program = programOf(command);
      if (program === undefined) return;
      for (const { name, whole } of readsOfCommand(command)) {
        const sides = changed.get(name);
        const isDotted = sides?.every((texts) => texts?.length === 1 && isAddressOfVersion(texts[0] ?? ""));
        // `foo@2.4` is for a package manager whatever begins so.
        const isShorter = program === "fetching" && sides !== undefined && isShortened(sides);
        if (!sides || (whole && isDotted && !isShorter)) continue;
        const what = `$${name} in ${commandName(command)}`;
        findings.set(what, finding("source-revision", what, { file: "PKGBUILD", line: command.line }));
      }
    },
  };
  for (const definitions of after.recipe.functions.values()) {
    for (const { body, line } of definitions) {
      walkCommand(body, visitor);
      const what = joinedNumber(normaliseCommand(body), changed);
      if (what !== undefined)
        findings.set(what, finding("source-revision", what, { file: "PKGBUILD", line }));
    }
  }
  return [...findings.values()];
}

/** A version, or an address in which every step that has digits is one or has one at its end. */
function isAddressOfVersion(text: string): boolean {
  return text
    .replace(/^https:\/\/[\w.-]+\//, "")
    .split("/")
    .every((step) => !/\d/.test(step) || dottedVersion.test(step));
}

/** Fewer numbers than before. */
function isShortened(sides: readonly (readonly string[] | undefined)[]): boolean {
  const [before = 0, after = 0] = sides.map((texts) => texts?.[0]?.match(/\d+/g)?.length);
  return after < before;
}

const control = /"(?:git|hg|svn|bzr|fossil)"|\b(?:git|hg)\b [a-z]|GIT_TAG|\bREV(?:ISION)?=/;

/**
 * A version without its dots, where the function works with version control by whatever command: `20240201` is the
 * beginning of a commit's id where no tag is called so.
 */
function joinedNumber(
  form: string,
  changed: ReadonlyMap<string, readonly (readonly string[] | undefined)[]>,
): string | undefined {
  if (!control.test(form)) return undefined;
  for (const [, name = ""] of form.matchAll(/\{(\w+) \/\/? [^{}"]*"[^{}"]*">?\}/g)) {
    const now = changed.get(name)?.[1];
    if (now?.some((text) => /^[0-9a-f]{4,40}$/i.test(text.replaceAll(/[^0-9a-z]/gi, ""))))
      return `$${name} without its separators`;
  }
  return undefined;
}

/** `control` where it is version control that chooses content by name, `fetching` where another program does. */
function programOf(command: SimpleCommand): "control" | "fetching" | undefined {
  const program = commandName(command) ?? "";
  const name = nameOf(program);
  const words = command.words.slice(1).map((word) => (word.kind === "word" ? constantText(word.word) : ""));
  if (fetchesWith({ name, program, arguments: words.map((word) => word ?? "${…}") }) !== undefined)
    return fetching.test(name) ? "control" : "fetching";
  // `env git`, `nice git`, `xargs git`, `bash -c "git …"`
  const texts = command.words.map((word) => (word.kind === "word" ? normaliseWord(word.word) : ""));
  const isWrapped = texts.slice(1).some((text) => /^<?"(?:git|hg)">?$|\b(?:git|hg) [a-z]/.test(text));
  if (!fetching.test(name) && !isWrapped) return undefined;
  const chooses = name !== "git" && !isWrapped;
  return chooses || texts.some((text) => choosing.test(text)) ? "control" : undefined;
}

/** Variables that it expands, and whether as they are. */
function readsOfCommand(command: SimpleCommand): { name: string; whole: boolean }[] {
  const reads: { name: string; whole: boolean }[] = [];
  walkCommand(command, {
    part(part) {
      if (part.kind !== "parameter") return;
      reads.push({ name: part.name, whole: part.operator === "" && part.prefix === "" && !part.index });
    },
  });
  return reads;
}
