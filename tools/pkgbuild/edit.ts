import { SluiceError } from "../errors.ts";
import { constantText } from "./grammar/constants.ts";
import type { PlacedAssignment, Recipe } from "./recipe.ts";
import type { Span, Word } from "./grammar/syntax.ts";

/** A text to stand where another stands now. */
export interface Edit extends Span {
  readonly text: string;
}

/** What stands for itself as a bash word, quoted or not. */
const plain = /^[A-Za-z0-9._+^%@,-][A-Za-z0-9._+~^%@,-]*$/;

/**
 * Gives a variable another value where its one assignment is a literal at top level; quotes and all else around it
 * stay. The value must be plain: of version characters, a commit id or a hash.
 *
 * @throws SluiceError `recipe-edit`, with the fact `line`, where the recipe has it otherwise.
 */
export function setScalar(recipe: Recipe, name: string, value: string): Edit {
  const [assignment, second] = atTopLevel(recipe, name);
  if (!assignment) throw cannot(`it doesn't set ${name}`, undefined);
  if (second) throw cannot(`it sets ${name} more than once`, second.line);
  if (assignment.conditional) throw cannot(`it sets ${name} under a condition`, assignment.line);
  if (assignment.append || assignment.index || assignment.value.kind !== "scalar") {
    throw cannot(`${name} isn't one value`, assignment.line);
  }
  const { word, span } = assignment.value;
  return replaceLiteral(recipe, name, word, span, value);
}

/**
 * Gives elements of an array other values, which are plain as with `setScalar`; where it is undefined, the element
 * stays as it is. An element that is `$name` has that variable set.
 *
 * @throws SluiceError `recipe-edit` where an element that changes isn't a literal, or which one it is isn't certain.
 */
export function setElements(recipe: Recipe, name: string, values: readonly (string | undefined)[]): Edit[] {
  if (values.every((value) => value === undefined)) return [];
  const elements = atTopLevel(recipe, name).flatMap(({ conditional, value, index, line }) => {
    if (conditional) throw cannot(`it sets ${name} under a condition`, line);
    if (index || value.kind !== "array") throw cannot(`${name} isn't a plain list`, line);
    return value.elements;
  });
  if (elements.length !== values.length) {
    throw cannot(`${name} isn't written as ${values.length} plain entries`, elements[0]?.word.line);
  }
  const edits = values.flatMap((value, at): Edit[] => {
    const element = elements[at];
    if (value === undefined || !element) return [];
    const { word, span, index } = element;
    if (index) throw cannot(`${name} isn't a plain list`, word.line);
    const variable = variableAlone(word);
    if (variable !== undefined) return [setScalar(recipe, variable, value)];
    return [replaceLiteral(recipe, name, word, span, value)];
  });
  return withoutRepetition(edits, name);
}

/** @param edits apart from each other */
export function withEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

/** The names of variables that are set once, at top level, to a literal. */
export function literalScalars(recipe: Recipe): string[] {
  const names = recipe.assignments.flatMap(({ name, function: inside }) =>
    inside === undefined ? [name] : [],
  );
  return names.filter((name, at) => {
    const [only] = atTopLevel(recipe, name);
    return (
      names.indexOf(name) === at &&
      names.lastIndexOf(name) === at &&
      only?.value.kind === "scalar" &&
      !only.append &&
      !only.conditional &&
      constantText(only.value.word) !== undefined
    );
  });
}

function atTopLevel({ assignments }: Recipe, name: string): PlacedAssignment[] {
  return assignments.filter((one) => one.name === name && one.function === undefined);
}

function replaceLiteral(
  { text }: Recipe,
  name: string,
  word: Word,
  span: Span | undefined,
  value: string,
): Edit {
  const literal = constantText(word);
  if (literal === undefined || !span) throw cannot(`${name} isn't a literal`, word.line);
  if (!plain.test(value)) throw cannot(`${JSON.stringify(value)} would need quotes`, word.line);
  const { start, end } = span;
  const written = text.slice(start, end);
  const isWhole = [`'${literal}'`, `"${literal}"`, literal].includes(written);
  if (!isWhole || literal === "") throw cannot(`${name} is quoted in pieces`, word.line);
  const margin = written === literal ? 0 : 1;
  return { start: start + margin, end: end - margin, text: value };
}

/** `x` of `$x`, `"$x"` and `${x}`. */
function variableAlone({ parts }: Word): string | undefined {
  const [part] = parts;
  if (parts.length !== 1 || part?.kind !== "parameter") return undefined;
  const { name, index, prefix, operator } = part;
  return index || prefix !== "" || operator !== "" || !/^[A-Za-z_]\w*$/.test(name) ? undefined : name;
}

/** Two elements may be one variable, which can't have two values. */
function withoutRepetition(edits: readonly Edit[], name: string): Edit[] {
  const byPlace = new Map<number, Edit>();
  for (const edit of edits) {
    const other = byPlace.get(edit.start);
    if (other && other.text !== edit.text) throw cannot(`entries of ${name} share a variable`, undefined);
    byPlace.set(edit.start, edit);
  }
  return [...byPlace.values()];
}

function cannot(reason: string, line: number | undefined): SluiceError {
  return new SluiceError("recipe-edit", `The PKGBUILD can't be changed in place: ${reason}.`, {
    hint: "Change it by hand, or write the value as a plain literal.",
    facts: { path: "PKGBUILD", reason, ...(line !== undefined && { line }) },
    exitCode: 1,
  });
}
