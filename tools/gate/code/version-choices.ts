import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Command, Redirection, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { type Visitor, walkCommand, walkScript } from "../../pkgbuild/grammar/walk.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { withReaders } from "../values/intermediate-values.ts";
import type { Pkgbuild } from "../files/side.ts";
import { readsOf } from "./variable-reads.ts";

export const choiceRules = {
  "version-chooses-code": {
    severity: "review",
    says: "the new version may decide what runs as soon as the file is read",
    protects: "Accepted code that waits for a version is new code when that version comes.",
  },
  "version-in-name": {
    severity: "review",
    says: "the new version is a part of a host's or a package's name, or of a mode, in a command",
    protects: "With another number it is somebody else's host or package.",
  },
  "alias-quotes": {
    severity: "review",
    says: "a function's text changed beside aliases",
    protects: "Quotes that change nothing else decide whether an alias stands for a command.",
  },
  "checksum-read": {
    severity: "review",
    says: "code reads a checksum that changed",
    protects: "What is called a checksum may be anything, and nobody reads checksums.",
  },
} as const satisfies Rules;

const finding = findingsOf(choiceRules);

/** Unchanged code for which what may change freely, version and checksums, is more than a text. */
export function judgeChoices({ changes, written }: Comparison, before: Pkgbuild, after: Pkgbuild): Finding[] {
  const { recipe } = after;
  const changed = [...new Set(changes.map(({ name }) => name))];
  const [sums, names] = [changed.filter(isChecksums), changed.filter((name) => !isChecksums(name))];
  const readers = withReaders(new Set(names), written);
  const findings: Finding[] = [];
  for (const { command, line } of recipe.script.statements) {
    if (!choosesCode(command)) continue;
    const read = [...readsOf((visitor) => walkCommand(command, visitor))].find((name) => readers.has(name));
    if (read !== undefined)
      findings.push(finding("version-chooses-code", `$${read}`, { file: "PKGBUILD", line }));
  }
  if (/\balias\b|\bexpand_aliases\b/.test(after.text)) {
    const [old, now] = [before, after].map(bodyTexts);
    if (old !== now) findings.push(finding("alias-quotes", "", { file: "PKGBUILD" }));
  }
  const isNaming = namingBy(names);
  for (const { bodyText, line, name } of [...recipe.functions.values()].flat()) {
    if (bodyText.split("\n").some(isNaming))
      findings.push(finding("version-in-name", `in ${name}()`, { file: "PKGBUILD", line }));
  }
  const bodies = [...recipe.functions.values()].flat().map(({ body }) => body);
  const commands = [...recipe.script.statements.map(({ command }) => command), ...bodies];
  for (const command of sums.length === 0 ? [] : commands) {
    const reads = readsWhereMade(command);
    const read = sums.find((name) => reads.has(name));
    if (read !== undefined) findings.push(finding("checksum-read", `$${read}`, { file: "PKGBUILD" }));
  }
  return findings;
}

function bodyTexts({ recipe }: Pkgbuild): string {
  return [...recipe.functions.values()]
    .flat()
    .map(({ bodyText }) => bodyText)
    .join("\n");
}

/** Whether a line says `https://foo$pkgver.org`, `npm install foo$pkgver` or `install -m${pkgver}755`. */
function namingBy(names: readonly string[]): (line: string) => boolean {
  if (names.length === 0) return () => false;
  const read = String.raw`\$\{?(?:${names.filter((name) => /^\w+$/.test(name)).join("|")})\b`;
  const hostOrMode = new RegExp(
    [
      String.raw`:\/\/[^\/\s"']*${read}`,
      String.raw`\bchmod\s+\S*${read}|\s-[A-Za-z]*m\s*["']?${read}|--mode=?\s*["']?${read}`,
    ].join("|"),
  );
  const glued = new RegExp(String.raw`[A-Za-z0-9](?<![^A-Za-z0-9]v)${read}`);
  return (line) => {
    if (!line.includes("$")) return false;
    if (hostOrMode.test(line)) return true;
    const words = line.split(/[\s;&|()]+/);
    const tool = words.findIndex((word) => installers.test(word));
    const verb = words.findIndex((word, at) => at > tool && verbs.test(word));
    const from = /^(?:npx|bunx)$/.test(words[tool] ?? "") ? tool : verb;
    return tool !== -1 && from !== -1 && words.slice(from + 1).some((word) => glued.test(word));
  };
}

const installers = /^(?:npx|bunx|npm|pnpm|yarn|bun|pip3?|pipx|uv|cargo|gem|go|deno)$/;
const verbs = /^(?:i|install|add|get|run|download|exec|dlx|x)$/;

/** What is read where text is made of text, and not as a part of a file's name. */
function readsWhereMade(command: Command): ReadonlySet<string> {
  const reads = new Set<string>();
  const add = (walk: (visitor: Visitor) => void): void => {
    for (const name of readsOf(walk)) reads.add(name);
  };
  const look = (one: Command): void => {
    if (one.kind === "pipeline" && one.stages.length > 1) add((visitor) => walkCommand(one, visitor));
    if (one.kind === "chain")
      for (const { command: next } of [{ command: one.first }, ...one.rest]) look(next);
  };
  look(command);
  walkCommand(command, {
    statement: (statement) => look(statement.command),
    simple(one) {
      const name = commandName(one);
      if (
        name === undefined ||
        one.redirections.length > 0 ||
        /^(?:eval|source|\.|(?:ba|da|z|k)?sh)$/.test(name)
      )
        add((visitor) => walkCommand(one, visitor));
    },
    function: () => true,
    substitution(part) {
      add((visitor) => walkScript(part.script, visitor));
      return true;
    },
  });
  return reads;
}

function isChecksums(name: string): boolean {
  return /^(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums(?:_\w+)?$/.test(name);
}

/** Whether which commands run, and not only what they are given, may follow from a value. */
function choosesCode(command: Command): boolean {
  if (command.kind === "simple") return command.words.length > 0 && isChosen(command);
  if (command.kind === "function") return false;
  let acts = false;
  const visitor: Visitor = {
    simple: (one) => void (acts ||= isAction(one)),
    function: () => {
      acts = true;
      return false;
    },
    substitution: () => false,
  };
  walkCommand(command, visitor);
  return acts && command.kind !== "pipeline";
}

function isChosen(command: SimpleCommand): boolean {
  const name = commandName(command);
  return name === undefined || /^(?:eval|source|\.)$/.test(name);
}

/** What only looks, says or sets a variable, whose values are compared, is no action. */
function isAction(command: SimpleCommand): boolean {
  if (command.words.length === 0) return command.redirections.length > 0;
  const name = commandName(command);
  if (name === undefined || command.redirections.some(writes)) return true;
  return !/^(?:\[|:|true|false|test|echo|printf|export|declare|typeset|local|readonly|unset|return|continue|break)$/.test(
    name,
  );
}

function writes({ operator, target }: Redirection): boolean {
  return !/^[<>]&$/.test(operator) && constantText(target) !== "/dev/null";
}
