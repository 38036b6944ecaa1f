import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Command, SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { scriptletsSay } from "../files/read-files.ts";
import type { Pkgbuild } from "../files/side.ts";
import { commandsOf, plainAssignment } from "./plain-steps.ts";
import { topLevelCode } from "../code/top-level-code.ts";

/** `install -Dm644 docs/foo.1 "$pkgdir/usr/share/man/man1/foo.1"` and its like. */
export function installsDocument(command: Command): boolean {
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
 * Whether a recipe's package functions do nothing but build and install by plain commands, one after the other, that
 * read nothing of what is in the package so far. Anything else may find a document there, or where it would have been.
 */
export function leavesDocumentsAlone(pkgbuild: Pkgbuild): boolean {
  const { recipe } = pkgbuild;
  const runsAtReading = topLevelCode(recipe).some(({ runsSomething }) => runsSomething);
  const setsPath = recipe.assignments.some(
    ({ name, function: inside }) => inside === undefined && /^[A-Z]+$/.test(name),
  );
  return (
    !runsAtReading &&
    !setsPath &&
    !scriptletsSay(pkgbuild, /\/usr\/share\//) &&
    [...recipe.functions].every(
      ([name, definitions]) =>
        !name.startsWith("package") || (commandsOf(definitions)?.every(isPlainStep) ?? false),
    )
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
