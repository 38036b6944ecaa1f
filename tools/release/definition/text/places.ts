import { parseTOML, type AST } from "toml-eslint-parser";
import type { DefinitionProblem, Mistake } from "../problems.ts";

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where each key of a file stands, also those of tables and the elements of lists, by the keys that lead to it. */
export type Places = ReadonlyMap<string, Place>;

/**
 * smol-toml reads the values, several times as fast; only a file with mistakes is read by this parser, which knows
 * places.
 */
export function placesIn(text: string): Places {
  const places = new Map<string, Place>();
  let program;
  try {
    program = parseTOML(text);
  } catch {
    // smol-toml has read it, so this is only about where in the file things are: nothing is said of that.
    return places;
  }
  for (const entry of program.body[0].body) {
    if (entry.type === "TOMLKeyValue") addKeyValue(places, [], entry);
    else {
      addKey(places, entry.resolvedKey.slice(0, -entry.key.keys.length), entry.key);
      for (const inner of entry.body) addKeyValue(places, entry.resolvedKey, inner);
    }
  }
  return places;
}

/** Mistakes with the line and column of the key that each is about, or of the nearest table around it; in that order. */
export function placed(file: string, places: Places, mistakes: readonly Mistake[]): DefinitionProblem[] {
  const problems = mistakes.map(({ at, message }) => ({ file, ...nearestPlace(places, at), message }));
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Whether the file has this very key. */
export function hasPlace(places: Places, at: readonly PropertyKey[]): boolean {
  return places.has(nameOf(at));
}

function nearestPlace(places: Places, at: readonly PropertyKey[]): Place | undefined {
  for (let length = at.length; length > 0; length--) {
    const place = places.get(nameOf(at.slice(0, length)));
    if (place) return place;
  }
  return undefined;
}

function addKeyValue(
  places: Map<string, Place>,
  above: readonly PropertyKey[],
  { key, value }: AST.TOMLKeyValue,
): void {
  addContent(places, addKey(places, above, key), value);
}

function addContent(
  places: Map<string, Place>,
  above: readonly PropertyKey[],
  content: AST.TOMLContentNode,
): void {
  if (content.type === "TOMLInlineTable") {
    for (const inner of content.body) addKeyValue(places, above, inner);
  }
  if (content.type === "TOMLArray") {
    for (const [index, element] of content.elements.entries()) {
      add(places, [...above, index], element);
      addContent(places, [...above, index], element);
    }
  }
}

function addKey(
  places: Map<string, Place>,
  above: readonly PropertyKey[],
  { keys }: AST.TOMLKey,
): readonly PropertyKey[] {
  let path = above;
  for (const key of keys) {
    path = [...path, key.type === "TOMLBare" ? key.name : key.value];
    add(places, path, key);
  }
  return path;
}

/** The first place counts: a table may be named again above its inner tables. */
function add(places: Map<string, Place>, path: readonly PropertyKey[], { loc }: AST.TOMLNode): void {
  const name = nameOf(path);
  if (!places.has(name)) places.set(name, { line: loc.start.line, column: loc.start.column + 1 });
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.map(String).join("\n");
}
