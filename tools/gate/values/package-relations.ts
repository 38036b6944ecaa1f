import { constantText } from "../../pkgbuild/grammar/constants.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { nameOfProvided, standsForSystem } from "../known/system-names.ts";
import type { Pkgbuild } from "../files/side.ts";

export const takeoverRules = {
  takeover: {
    severity: "danger",
    says: "it takes the place of other packages",
    protects: "replaces, and provides of a system package, hijack installs of others.",
  },
} as const satisfies Rules;

const finding = findingsOf(takeoverRules);

/** What functions of single packages say of other packages: no variable of the top level tells of it. */
export function takenOverInFunctions(before: Pkgbuild, after: Pkgbuild): Finding[] {
  const known = new Set(relationsIn(before).map(({ key }) => key));
  return relationsIn(after)
    .filter(({ key }) => !known.has(key))
    .map(({ said, line }) => finding("takeover", said, { file: "PKGBUILD", line }));
}

interface Relation {
  readonly key: string;
  readonly said: string;
  readonly line: number;
}

function relationsIn({ recipe }: Pkgbuild): Relation[] {
  return recipe.assignments.flatMap(({ name, value, line, function: inside }) => {
    if (inside === undefined || !/^(?:provides|replaces)(?:_\w+)?$/.test(name)) return [];
    const words = value.kind === "array" ? value.elements.map(({ word }) => word) : [value.word];
    return words.flatMap((word) => {
      // What isn't known may be any name.
      const text = constantText({ ...word, parts: beforeVersion(word.parts) }) ?? "…";
      const takes = name.startsWith("replaces") || standsForSystem(text);
      const said = `${name} ${nameOfProvided(text)} in ${inside}()`;
      return takes ? [{ key: said, said, line }] : [];
    });
  });
}

/** `"libfoo.so=$pkgver"` is known as far as its name goes. */
function beforeVersion<Part extends { readonly kind: string }>(parts: readonly Part[]): Part[] {
  const end = parts.findIndex(
    (part) => "text" in part && typeof part.text === "string" && /[<>=]/.test(part.text),
  );
  return end === -1 ? [...parts] : parts.slice(0, end + 1);
}
