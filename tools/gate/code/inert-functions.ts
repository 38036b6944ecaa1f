import { diffArrays } from "diff";
import { commandName, constantText } from "../../pkgbuild/grammar/constants.ts";
import type { Command, FunctionDefinition, SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { scriptletsSay } from "../files/read-files.ts";
import type { Pkgbuild } from "../files/side.ts";
import { topLevelCode } from "./top-level-code.ts";
import { type Installable, inertDifference } from "../values/inert-changes.ts";

/**
 * Why a change of a `package` function can do no harm: it differs by nothing but commands that put documents of
 * the source, licenses and icons where they belong, and by values of the package that would be inert at top level.
 * Undefined where it may.
 */
export function inertFunctionReason(
  name: string,
  before: Pkgbuild,
  after: Pkgbuild,
  isInstallable: Installable | undefined,
): string | undefined {
  if (!/^package(?:_|$)/.test(name) || after.recipe.functions.has("install")) return undefined;
  const sides = { before, after };
  const [old, now] = [before, after].map(({ recipe }) => commandsOf(recipe.functions.get(name) ?? []));
  if (!old || !now) return undefined;
  const values = inertValues([old, now], sides, isInstallable);
  if (!values) return undefined;
  const [was, is] = [old, now].map((commands) =>
    commands
      .filter((command) => !values.variables.has(plainAssignment(command)?.name ?? ""))
      .map(normaliseCommand),
  ) as [string[], string[]];
  // Elsewhere than where makepkg says, they would be put anywhere.
  if ([...was, ...is].some((form) => /\b(?:pkgdir|srcdir|pkgname|pkgbase|pkgver)\b(?:=|"?\s*$)/.test(form)))
    return undefined;
  const installs = new Set([...old, ...now].filter(installsDocument).map(normaliseCommand));
  const differences = diffArrays(was, is).filter(({ added, removed }) => added || removed);
  if (!differences.every(({ value }) => value.every((form) => installs.has(form)))) return undefined;
  if (differences.length > 0 && !leaveDocumentsAlone([old, now], sides)) return undefined;
  const reasons = [
    ...(differences.length > 0
      ? ["other documents, licenses or icons of the source go into the package"]
      : []),
    ...values.reasons,
  ];
  return `${name}(): ${reasons.join("; ")}`;
}

/** Variables of the package that are assigned otherwise than before, and why that is inert; undefined where one isn't. */
function inertValues(
  [old, now]: readonly (readonly Command[])[],
  sides: Readonly<Record<"before" | "after", Pkgbuild>>,
  isInstallable: Installable | undefined,
): { readonly variables: ReadonlySet<string>; readonly reasons: readonly string[] } | undefined {
  const [was, is] = [assignedIn(old!), assignedIn(now!)];
  const reasons: string[] = [];
  const variables = new Set<string>();
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [before, after] = [was, is].map((assigned) => assigned.get(name));
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    // What one function doesn't say, the top level does (makepkg(5), PACKAGE SPLITTING).
    const [held, holds] = [before ?? topLevel(sides.before, name), after ?? topLevel(sides.after, name)];
    const reason =
      held &&
      holds &&
      /^(?:(?:opt)?depends(?:_\w+)?|pkgdesc|license|url)$/.test(name) &&
      inertDifference(name, [held, holds], sides, isInstallable);
    if (!reason) return undefined;
    variables.add(name);
    reasons.push(reason);
  }
  return { variables, reasons };
}

/** By its name, what each variable is assigned once, written out. */
function assignedIn(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const assigned = new Map<string, readonly string[]>();
  const again = new Set<string>();
  for (const command of commands) {
    const assignment = plainAssignment(command);
    if (!assignment) continue;
    if (assigned.has(assignment.name)) again.add(assignment.name);
    assigned.set(assignment.name, assignment.texts);
  }
  for (const name of again) assigned.delete(name);
  return assigned;
}

function plainAssignment(
  command: Command,
): { readonly name: string; readonly texts: readonly string[] } | undefined {
  if (command.kind !== "simple" || command.words.length > 0 || command.redirections.length > 0)
    return undefined;
  const [assignment, ...others] = command.assignments;
  if (!assignment || others.length > 0 || assignment.append || assignment.index) return undefined;
  const { name, value } = assignment;
  const elements = value.kind === "array" ? value.elements : [{ ...value, index: undefined, append: false }];
  if (elements.some(({ index, append }) => index || append)) return undefined;
  const texts = elements.map(({ word }) => constantText(word));
  return texts.every((text) => text !== undefined) ? { name, texts } : undefined;
}

function topLevel({ evaluation }: Pkgbuild, name: string): readonly string[] | undefined {
  const held = evaluation().list(name);
  if (held === undefined) return [];
  if ("known" in held) return undefined;
  const texts = held.flatMap((value) => (value.known ? [value.text] : []));
  return texts.length === held.length ? texts : undefined;
}

/** The function's own commands, where it is a plain list of them. */
function commandsOf(definitions: readonly FunctionDefinition[]): readonly Command[] | undefined {
  const [definition, ...others] = definitions;
  if (!definition || others.length > 0) return undefined;
  const { body } = definition;
  if (body.compound.kind !== "group" || body.redirections.length > 0) return undefined;
  const { statements } = body.compound.body;
  if (statements.some(({ background }) => background)) return undefined;
  return statements.map(({ command }) => command);
}

/** `install -Dm644 docs/foo.1 "$pkgdir/usr/share/man/man1/foo.1"` and its like. */
function installsDocument(command: Command): boolean {
  const words = command.kind === "simple" ? wordsOf(command) : undefined;
  if (words?.[0] !== "install") return false;
  const read = readInstall(words.slice(1));
  if (!read) return false;
  const { mode, target, sources } = read;
  return /^0?644$/.test(mode) && isDocumentPlace(target) && sources.length > 0 && sources.every(isInSource);
}

/** Where files are shown to people, and started by nothing. */
const documentPlace =
  /^\$pkgdir\/usr\/share\/(?:licenses|doc|man|info|icons|pixmaps|metainfo|appdata|help|gtk-doc)\/[\w.@+/$-]*$/;
/** What hooks write there, and tell others by. */
const belongsToAll = /(?:^|\/)(?:icon-theme\.cache|index\.theme|dir|\.+)(?:\/|$)/;

function isDocumentPlace(path: string): boolean {
  return documentPlace.test(path) && !belongsToAll.test(path.replace(/^\$pkgdir/, ""));
}

function isInSource(path: string): boolean {
  return (
    !path.includes("$pkgdir") &&
    /^(?:\$srcdir\/)?[\w@+$][\w.@+$-]*(?:\/[\w@+$][\w.@+$-]*)*$/.test(path.replace(/^\.\//, ""))
  );
}

/**
 * Whether a function does nothing but build and install by plain commands, one after the other, that read nothing of
 * what is in the package so far. Anything else may find a document there, or where it would have been.
 */
function leaveDocumentsAlone(
  sides: readonly (readonly Command[])[],
  { before, after }: Readonly<Record<"before" | "after", Pkgbuild>>,
): boolean {
  const runsAtReading = [before, after].some(({ recipe }) =>
    topLevelCode(recipe).some(({ runsSomething }) => runsSomething),
  );
  const setsPath = [before, after].some(({ recipe }) =>
    recipe.assignments.some(({ name, function: inside }) => inside === undefined && /^[A-Z]+$/.test(name)),
  );
  const isTold = [before, after].some((side) => scriptletsSay(side, /\/usr\/share\//));
  const others = [before, after].every(({ recipe }) =>
    [...recipe.functions].every(
      ([name, definitions]) =>
        !name.startsWith("package") || (commandsOf(definitions)?.every(isPlainStep) ?? false),
    ),
  );
  return (
    others && !runsAtReading && !setsPath && !isTold && sides.every((commands) => commands.every(isPlainStep))
  );
}

function isPlainStep(command: Command): boolean {
  if (plainAssignment(command)) return true;
  // `cd foo || return 1`
  if (command.kind === "chain") {
    const { first, rest } = command;
    const ends = rest.every(
      (link) =>
        link.operator === "||" && /^"(?:return|exit)"(?: "\d")?$/.test(normaliseCommand(link.command)),
    );
    return ends && first.kind === "simple" && commandName(first) === "cd" && isPlainStep(first);
  }
  if (command.kind !== "simple" || command.redirections.length > 0) return false;
  if (command.assignments.some(({ name }) => name !== "DESTDIR")) return false;
  const texts = command.words.map((argument) =>
    argument.kind === "word" ? shapeOf(argument.word) : undefined,
  );
  const [name, ...rest] = texts;
  if (name === undefined || rest.some((text) => text === undefined)) return false;
  const [words, last = ""] = [rest as string[], rest.at(-1)];
  if (name === "cd")
    return words.length === 1 && /^(?:\$srcdir(?:\/|$)|[\w$])/.test(last) && !/\$pkgdir|\.\./.test(last);
  if (name === "install") {
    const target = words.indexOf("-t") === -1 ? words.length - 1 : words.indexOf("-t") + 1;
    // Else whether its target is a folder depends on what was there before.
    const saysHow = words.some((word) => /^-[A-Za-z]*[Ddt]/.test(word));
    return saysHow && words.every((word, at) => at === target || !word.includes("$pkgdir"));
  }
  return /^(?:make|ninja|meson|cmake|mkdir|python3?)$/.test(name);
}

/** A word with `$name` for each variable, and patterns as they are; undefined where commands make it. */
function shapeOf({ parts }: Word): string | undefined {
  const texts = parts.map((part) => {
    if (part.kind === "literal") return part.text;
    const isPlain = part.kind === "parameter" && part.prefix === "" && /^[A-Za-z]\w*$|^_\w+$/.test(part.name);
    return isPlain ? `$${part.name}` : undefined;
  });
  return texts.every((text) => text !== undefined) ? texts.join("") : undefined;
}

interface Install {
  readonly mode: string;
  readonly target: string;
  readonly sources: readonly string[];
}

/** Reads the few options of install(1) that recipes use for this; undefined where there is any other. */
function readInstall(words: readonly string[]): Install | undefined {
  let mode = "755";
  let folder: string | undefined;
  const paths: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (!word.startsWith("-")) {
      paths.push(word);
      continue;
    }
    const [, last, value = ""] = /^-[Dpv]*(?:([mt])(.*))?$/.exec(word) ?? ["", "?"];
    if (last === "?") return undefined;
    if (last === undefined) continue;
    const argument = value === "" ? (words[(at += 1)] ?? "") : value;
    if (last === "m") mode = argument;
    else folder = argument;
  }
  const target = folder ?? paths.pop();
  return target === undefined ? undefined : { mode, target, sources: paths };
}

/** Its words, where each is made of constants and of what names the package and its version. */
function wordsOf({ assignments, words, redirections }: SimpleCommand): readonly string[] | undefined {
  if (assignments.length > 0 || redirections.length > 0) return undefined;
  const texts = words.map((word) => (word.kind === "word" ? textOf(word.word) : undefined));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function textOf({ parts }: Word): string | undefined {
  const texts = parts.map((part) => {
    if (part.kind === "literal") return /^[\w.@+/-]*$/.test(part.text) ? part.text : undefined;
    if (part.kind !== "parameter" || !/^(?:pkgdir|srcdir|pkgname|pkgbase|pkgver)$/.test(part.name))
      return undefined;
    const { prefix, operator, index } = part;
    return prefix === "" && operator === "" && index === undefined ? `$${part.name}` : undefined;
  });
  return texts.every((text) => text !== undefined) ? texts.join("") : undefined;
}
