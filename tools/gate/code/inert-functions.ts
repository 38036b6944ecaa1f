import { diffArrays } from "diff";
import type { Command, FunctionDefinition, SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";

/**
 * Why a change of a `package` function can do no harm: it differs by nothing but commands that put documents of
 * the source, licenses and icons where they belong. Undefined where it may.
 */
export function inertFunctionReason(
  name: string,
  before: readonly FunctionDefinition[],
  after: readonly FunctionDefinition[],
  others: ReadonlyMap<string, unknown>,
): string | undefined {
  if (!/^package(?:_|$)/.test(name) || others.has("install")) return undefined;
  const [old, now] = [before, after].map(commandsOf);
  if (!old || !now) return undefined;
  const [was, is] = [old, now].map((commands) => commands.map(normaliseCommand)) as [string[], string[]];
  // Elsewhere than where makepkg says, they would be put anywhere.
  if ([...was, ...is].some((form) => /\b(?:pkgdir|srcdir|pkgname|pkgbase|pkgver)\b(?:=|"?\s*$)/.test(form)))
    return undefined;
  const installs = new Set([...old, ...now].filter(installsDocument).map(normaliseCommand));
  const differences = diffArrays(was, is);
  const isInert = differences.every(
    ({ added, removed, value }) => !(added || removed) || value.every((form) => installs.has(form)),
  );
  return isInert
    ? `${name}() puts other documents, licenses or icons of the source into the package`
    : undefined;
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
  return (
    /^0?644$/.test(mode) && documentPlace.test(target) && sources.length > 0 && sources.every(isInSource)
  );
}

/** Where files are shown to people, and started by nothing. */
const documentPlace =
  /^\$pkgdir\/usr\/share\/(?:licenses|doc|man|info|icons|pixmaps|metainfo|appdata|help|gtk-doc)\/(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.@+/$-]*$/;

function isInSource(path: string): boolean {
  return /^(?:\$srcdir\/)?[\w@+$][\w.@+$-]*(?:\/[\w@+$][\w.@+$-]*)*$/.test(path.replace(/^\.\//, ""));
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
