import type { Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import type { PlacedAssignment } from "../../pkgbuild/recipe.ts";
import {
  type Argument,
  type SimpleCommand,
  type Word,
  type WordPart,
} from "../../pkgbuild/grammar/syntax.ts";
import { constantText } from "../../pkgbuild/grammar/constants.ts";

/** A command as far as the text tells what it runs. */
export interface Run {
  /** The program's name without its folder; undefined where only running it tells. */
  readonly name: string | undefined;
  /** What the program's word holds, with `${…}` for what isn't known. */
  readonly program: string;
  /** With `${…}` for what isn't known. */
  readonly arguments: readonly string[];
}

/** What variables hold inside functions, as far as the text tells. */
export interface Names {
  /** Undefined where it isn't known. */
  get(name: string): readonly string[] | undefined;
}

/** Top level's values, and constants that functions assign. */
export function namesOf(evaluation: Evaluation | undefined, assignments: readonly PlacedAssignment[]): Names {
  const local = new Map<string, string | undefined>();
  for (const { name, value, append, index, function: inside } of assignments) {
    if (inside === undefined) continue;
    const text = value.kind === "scalar" && !append && !index ? constantText(value.word) : undefined;
    local.set(name, local.has(name) && local.get(name) !== text ? undefined : text);
  }
  return {
    get(name) {
      if (local.has(name)) {
        const text = local.get(name);
        return text === undefined ? undefined : [text];
      }
      const list = evaluation?.list(name);
      if (list === undefined || "known" in list) return undefined;
      const texts = list.flatMap((value) => (value.known ? [value.text] : []));
      return texts.length === list.length ? texts : undefined;
    },
  };
}

export function runOf(command: SimpleCommand, names: Names): Run {
  const words = command.words.flatMap((argument) => wordsOf(argument, names));
  const [program = "", ...rest] = words;
  return { program, name: program.includes("${") ? nameOfPath(program) : nameOf(program), arguments: rest };
}

/** `/usr/bin/npm` is npm. */
export function nameOf(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}

function nameOfPath(program: string): string | undefined {
  const last = nameOf(program);
  return last.includes("${") || last.includes("}") || last === "" ? undefined : last;
}

export function textOfWord({ parts }: Word, names: Names): string {
  return parts.map((part) => textOfPart(part, names)).join("");
}

function wordsOf(argument: Argument, names: Names): string[] {
  if (argument.kind === "assignment") {
    const { name, value } = argument.assignment;
    return [`${name}=${value.kind === "scalar" ? textOfWord(value.word, names) : "(…)"}`];
  }
  const { parts } = argument.word;
  const [only] = parts;
  const splits = parts.some(
    (part) => part.kind === "parameter" && (!part.quoted || part.index !== undefined),
  );
  if (only?.kind === "parameter" && parts.length === 1 && isPlain(only)) {
    const values = names.get(only.name);
    if (values && only.index) return [...values];
    if (values && !only.quoted)
      return values.slice(0, 1).flatMap((text) => text.split(/\s+/).filter((word) => word !== ""));
  }
  const text = textOfWord(argument.word, names);
  return splits && /\s/.test(text) && !parts.some((part) => part.kind === "literal" && /\s/.test(part.text))
    ? text.split(/\s+/)
    : [text];
}

function textOfPart(part: WordPart, names: Names): string {
  if (part.kind === "literal") return part.text;
  if (part.kind === "parameter" && isPlain(part)) {
    const values = names.get(part.name);
    if (values) return part.index ? values.join(" ") : (values[0] ?? "");
    return `\${${part.name}}`;
  }
  if (part.kind === "parameter") return `\${${part.name}…}`;
  if (part.kind === "extended-pattern") return normaliseWord({ parts: [part], line: 0 });
  return "${…}";
}

function isPlain(part: Extract<WordPart, { kind: "parameter" }>): boolean {
  return part.operator === "" && part.prefix === "" && (part.index === undefined || isAll(part.index));
}

function isAll({ parts }: Word): boolean {
  const [only] = parts;
  return parts.length === 1 && only?.kind === "literal" && (only.text === "@" || only.text === "*");
}
