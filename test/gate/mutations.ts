import { bumped, recipes, type RecipeName } from "./recipes.ts";
import { randomChoices } from "../pkgbuild/random-choices.ts";

/** What an attacker, or an accident, puts into a recipe; `x` is a program that doesn't exist. */
const tokens = [
  "$(x)",
  "`x`",
  "<(x)",
  ">(x)",
  "$((x))",
  "${pkgver#<(x)}",
  '${_n:+"\'"}',
  "${_n:=x}",
  "${!pkgname}",
  "${pkgver@P}",
  "\\",
  "\\\n",
  "\n",
  ";",
  "&",
  "|",
  "&&",
  "'",
  '"',
  "$'",
  '$"',
  "{a,b}",
  "{",
  "}",
  "(",
  ")",
  "((",
  "[",
  "]",
  "#",
  " #",
  "~",
  "*",
  "?",
  "!",
  "=",
  "+=",
  "<<E\n",
  "<<'E'\n",
  "E\n",
  " ",
  "\t",
  "\r",
  "\u00a0",
  "\u200b",
  "é",
  "$",
  "$_",
  "${_",
  "$pkgname",
  "${pkgver%.*}",
  "${pkgver//./_}",
  "${pkgver:0:3}",
  "1",
  "2.3",
  "beta1",
  "rc2",
  "main",
  "r5.gabc1234",
  "../",
  "/",
  "@",
  "^",
  "~1",
  ":",
  "%2e",
  "SKIP",
  "a".repeat(64),
  "_x=1\n",
  "_x=$(x)\n",
  "x\n",
  "pkgver=9\n",
  "install=x\n",
  "export x=1\n",
  "readonly pkgver\n",
  "source+=(x)\n",
  "declare -a 'y=($(x))'\n",
  "build() { x; }\n",
  "function x { :; }\n",
  "if x; then\n",
  "fi\n",
  "eval x\n",
  ". x\n",
  "unset pkgver\n",
  "trap x EXIT\n",
  "shopt -u extglob\n",
];

export interface Mutation {
  readonly before: string;
  readonly after: string;
}

/** An honest update with one to three changes that nobody asked for. */
export function mutations(seed: number, count: number): Mutation[] {
  const { next, pick } = randomChoices(seed);
  const names = Object.keys(recipes) as RecipeName[];
  const place = (text: string): number => Math.floor(next() * (text.length + 1));
  const change = (text: string): string => {
    const at = place(text);
    switch (Math.floor(next() * 8)) {
      case 0:
      case 1:
      case 2:
        return text.slice(0, at) + pick(tokens) + text.slice(at);
      case 3:
        return text.slice(0, at) + text.slice(at + 1 + Math.floor(next() * 3));
      case 4:
        return text.slice(0, at) + String.fromCharCode(32 + Math.floor(next() * 95)) + text.slice(at + 1);
      case 5: {
        const lines = text.split("\n");
        const [from, to] = [Math.floor(next() * lines.length), Math.floor(next() * lines.length)];
        lines.splice(to, 0, ...lines.splice(from, 1));
        return lines.join("\n");
      }
      case 6: {
        const other = recipes[pick(names)].PKGBUILD.split("\n");
        const lines = text.split("\n");
        lines.splice(Math.floor(next() * lines.length), Math.floor(next() * 2), pick(other));
        return lines.join("\n");
      }
      default: {
        // Where versions, names and words stand, one of them becomes another.
        const words = [...text.matchAll(/[A-Za-z0-9_.]+/g)];
        const { index, 0: word } = pick(words);
        const other =
          next() < 0.5 ? pick(words)[0] : pick(["1.9", "2", "10.0.1", "main", "x", "0755", "fooview"]);
        return text.slice(0, index) + other + text.slice(index + word.length);
      }
    }
  };
  return Array.from({ length: count }, () => {
    const name = pick(names);
    const before: string = recipes[name].PKGBUILD;
    let after = next() < 0.7 ? bumped(name) : before;
    for (let left = 1 + Math.floor(next() * 3); left > 0; left -= 1) after = change(after);
    // What was accepted may hold something odd, too.
    return next() < 0.1 ? { before: change(before), after } : { before, after };
  });
}
