import { commandName, constantText } from "../grammar/constants.ts";
import { declaresLocally } from "./declarations.ts";
import type { Functions } from "./functions.ts";
import type { SimpleCommand, TestExpression, Word, WordPart } from "../grammar/syntax.ts";
import type { Budget } from "./values.ts";
import { type Visitor, walkCommand } from "../grammar/walk.ts";

/** Which variables something may change: these, or (by `eval`, `source` and the like) any. */
export type Effects = { readonly names: ReadonlySet<string>; readonly any: string | undefined };

/** Programs and builtins that can't change a variable of the shell that runs them. */
const inert = new Set(
  (
    ": true false [ test echo cd pushd popd umask break continue exit msg msg2 plain warning error hash type " +
    "awk basename bsdtar cat chmod column cp curl cut date dirname env expr file find git grep egrep head hostname id " +
    "install jq ln ls lsb_release make mkdir mktemp mv nproc pacman pwd python python3 readlink realpath rm sed seq " +
    "sha256sum sleep sort stat tail tar tee touch tput tr uname uniq vercmp wc wget which xargs zcat gcc clang cargo " +
    "rustc go npm node perl ruby"
  ).split(" "),
);

const declaring = new Set(["declare", "typeset", "local", "export", "readonly"]);

/** Shell options that only change which file names are matched, which is never evaluated. */
const harmlessOptions = new Set(["-s", "-u", "-q", "extglob", "dotglob", "globstar"]);

/** Goes through something, calling the visitor. */
export type Walk = (visitor: Visitor) => void;

/** What may change when this runs in the shell itself, functions that it calls included. */
export function effectsOf(walk: Walk, functions: Functions, budget: Budget): Effects {
  const names = new Set<string>();
  const called = new Set<string>();
  let any: string | undefined;
  let inFunction = false;
  const visitor: Visitor = {
    assignment({ name, index }) {
      names.add(name);
      if (index && !isPlainNumber(index)) any ??= arithmetic;
    },
    substitution: () => false,
    compound(compound) {
      if (compound.kind === "for" || compound.kind === "select") names.add(compound.name);
      if (compound.kind === "arithmetic" || compound.kind === "arithmetic-for") any ??= arithmetic;
    },
    test(expression) {
      if (mayCalculate(expression)) any ??= arithmetic;
      if (expression.kind === "binary" && expression.operator === "=~") names.add("BASH_REMATCH");
    },
    part(part) {
      if (part.kind === "parameter" && /^:?=$/.test(part.operator)) names.add(part.name);
      if (calculates(part)) any ??= arithmetic;
    },
    simple(command) {
      budget.spend(1);
      const name = commandName(command);
      if (name !== undefined && functions.has(name)) {
        called.add(name);
      } else if (!isInert(command) && !(inFunction && (name === "return" || name === "shift"))) {
        const declared = declaredNames(command);
        if (!declared) any ??= `line ${command.line} runs ${name ?? "a command whose name isn't constant"}`;
        for (const one of declared ?? []) names.add(one);
        // What is assigned later would be lost at the end, or not.
        if (!inFunction && declaresLocally(command)) any ??= "a declaration under a condition";
      }
    },
  };
  walk(visitor);
  inFunction = true;
  // A set is gone through to its end, with what is added meanwhile.
  for (const name of called) for (const { body } of functions.get(name) ?? []) walkCommand(body, visitor);
  return { names, any };
}

/** Arithmetic evaluates the text of the variables in it again, in which an assignment may hide. */
const arithmetic = "arithmetic may assign to any variable";

function calculates(part: WordPart): boolean {
  if (part.kind === "arithmetic") return !isPlainNumber(part.expression);
  if (part.kind !== "parameter") return false;
  if (part.operator === ":" && !part.operands.every(isPlainNumber)) return true;
  const index = part.index && constantText(part.index);
  return part.index !== undefined && index !== "@" && !isStar(part.index) && !isPlainNumber(part.index);
}

function isStar({ parts }: Word): boolean {
  return parts.length === 1 && parts[0]?.kind === "literal" && parts[0].text === "*";
}

function isPlainNumber({ parts }: Word): boolean {
  return parts.every((part) => part.kind === "literal" && /^[-+*/%() \d]*$/.test(part.text));
}

function mayCalculate(expression: TestExpression): boolean {
  if (expression.kind === "unary") return expression.operator === "-v";
  if (expression.kind !== "binary" || !/^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator)) return false;
  return ![expression.left, expression.right].every(isPlainNumber);
}

/** Whether running this changes no variable. */
export function isInert(command: SimpleCommand): boolean {
  const name = commandName(command);
  if (name === undefined) return false;
  if (name === "" || inert.has(name)) return !hasSubscriptTest(command);
  const rest = command.words
    .slice(1)
    .map((word) => (word.kind === "word" ? constantText(word.word) : undefined));
  if (name === "printf") return rest[0] !== undefined && !rest[0].startsWith("-");
  if (name === "shopt") return rest.every((word) => word !== undefined && harmlessOptions.has(word));
  if (name === "set")
    return rest.length > 0 && rest.every((word) => /^(?:[-+][eux]+|[-+]o|pipefail)$/.test(word ?? ""));
  return false;
}

/** `[ -v 'list[…]' ]` calculates the subscript. */
function hasSubscriptTest({ words }: SimpleCommand): boolean {
  const [first, ...operands] = words.map((word) =>
    word.kind === "word" ? constantText(word.word) : undefined,
  );
  return (
    (first === "[" || first === "test") &&
    (operands.includes("-v") || (operands.length === (first === "[" ? 3 : 2) && operands[0] === undefined))
  );
}

/** The names that a declaration or an `unset` is about, where each is constant and plain. */
function declaredNames(command: SimpleCommand): string[] | undefined {
  const name = commandName(command) ?? "";
  if (!declaring.has(name) && name !== "unset") return undefined;
  const names: string[] = [];
  for (const word of command.words.slice(1)) {
    if (word.kind === "assignment") continue;
    const text = constantText(word.word);
    if (text === undefined || !/^(?:-[aAfgrxv]+|[A-Za-z_]\w*)$/.test(text)) return undefined;
    if (!text.startsWith("-")) names.push(text);
  }
  return names;
}
