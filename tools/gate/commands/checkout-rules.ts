import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
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
  /^(?:checkout|reset|switch|restore|fetch|pull|merge|cherry-pick|revert|rebase|worktree|archive|clone|show|submodule|read-tree)$/;

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
      if (!choosesContent(command)) return;
      for (const { name, whole } of readsOfCommand(command)) {
        const sides = changed.get(name);
        const isDotted = sides?.every((texts) => texts?.length === 1 && isAddressOfVersion(texts[0] ?? ""));
        if (!sides || (whole && isDotted)) continue;
        const what = `$${name} in ${commandName(command)}`;
        findings.set(what, finding("source-revision", what, { file: "PKGBUILD", line: command.line }));
      }
    },
  };
  for (const definitions of after.recipe.functions.values()) {
    for (const { body } of definitions) walkCommand(body, visitor);
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

function choosesContent(command: SimpleCommand): boolean {
  const program = commandName(command) ?? "";
  const name = nameOf(program);
  const words = command.words.slice(1).map((word) => (word.kind === "word" ? constantText(word.word) : ""));
  if (fetchesWith({ name, program, arguments: words.map((word) => word ?? "${…}") }) !== undefined)
    return true;
  if (!fetching.test(name)) return false;
  if (name !== "git") return true;
  return command.words.some((word) => word.kind === "word" && choosing.test(constantText(word.word) ?? ""));
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
