import { mayReadItsValues } from "../code/own-text.ts";
import { isReadByOthers, scriptletsSay } from "../files/read-files.ts";
import type { Pkgbuild } from "../files/side.ts";
import { readsByName } from "./reads-by-name.ts";

/** Whether anything but an assignment of its own may read the variable, or the recipe's own text. */
export function isReadIn(pkgbuild: Pkgbuild, name: string): boolean {
  const { recipe, normal } = pkgbuild;
  const named = new RegExp(String.raw`(?<![\w-])${name}(?!\w|\+?=)`);
  // `export pkgdesc` names it in a word.
  return (
    named.test(normal.replace(quoted, '""')) ||
    normal.includes(`"${name}"`) ||
    readsByName(recipe) ||
    mayReadItsValues(pkgbuild) ||
    isReadByOthers(pkgbuild) ||
    scriptletsSay(pkgbuild, ownData)
  );
}

/** Where what pacman only shows can be read. */
const ownData = /\b(?:pacman|expac|paccache|pacinfo|alpm)\b|\/pacman\b/;

/** As the normal form has it. */
const quoted = /"(?:[^"\\]|\\.)*"/g;
