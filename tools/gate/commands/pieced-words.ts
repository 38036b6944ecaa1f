import type { PlacedAssignment } from "../../pkgbuild/recipe.ts";
import type { Script } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import { type Names, textOfWord } from "./resolved-words.ts";

/** What variables of functions may hold, put together over several commands. */
export type Pieces = ReadonlyMap<string, readonly string[]>;

const mostPieces = 6;
const mostTexts = 16;

export function piecesOf(script: Script, assignments: readonly PlacedAssignment[], names: Names): Pieces {
  const pieces = new Map<string, string[]>();
  const add = (name: string, text: string): void => {
    const known = pieces.get(name) ?? [];
    if (known.length < mostPieces && !known.includes(text)) pieces.set(name, [...known, text]);
  };
  for (const { name, value, append, function: inside } of assignments) {
    if (inside === undefined) continue;
    const texts =
      value.kind === "scalar"
        ? [textOfWord(value.word, names)]
        : value.elements.map(({ word }) => textOfWord(word, names));
    for (const text of texts) {
      const before = append ? (pieces.get(name) ?? [""]) : [""];
      for (const one of before) add(name, one + text);
    }
  }
  walkScript(script, {
    function: () => true,
    compound(compound) {
      if (compound.kind !== "for" && compound.kind !== "select") return;
      for (const word of compound.words ?? []) add(compound.name, textOfWord(word, names));
    },
  });
  return pieces;
}

/** What the text may come to: with variables put in, braces expanded, and patterns of one letter read as that. */
export function pieced(text: string, pieces: Pieces): string[] {
  let texts = [text.replaceAll(/\[([^\]!^])\]/g, "$1")];
  for (let round = 0; round < 3; round += 1) {
    const next = texts.flatMap((one) => [...putIn(one, pieces), ...expanded(one)]);
    if (next.length === 0) break;
    texts = [...new Set([...texts, ...next])].slice(0, mostTexts);
  }
  return texts;
}

function putIn(text: string, pieces: Pieces): string[] {
  const [whole, name = ""] =
    [...text.matchAll(/\$\{(\w+)…?\}/g)].find(([, name]) => pieces.has(name ?? "")) ?? [];
  if (whole === undefined) return [];
  return (pieces.get(name) ?? [])
    .filter((value) => !value.includes(whole))
    .map((value) => text.replaceAll(whole, () => value));
}

function expanded(text: string): string[] {
  const [whole, list = ""] = /(?<!\$)\{([^{}\s]*,[^{}\s]*)\}/.exec(text) ?? [];
  if (whole === undefined) return [];
  return list.split(",").map((one) => text.replace(whole, () => one));
}
