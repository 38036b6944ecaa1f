import { describe, expect, test } from "vitest";
import { evaluate } from "../../tools/pkgbuild/evaluation/evaluate.ts";
import { randomChoices } from "./random-choices.ts";
import { hasBash, printedByBash, quoted } from "./real-bash.ts";
import { readPkgbuild } from "../../tools/pkgbuild/recipe.ts";

// Real bash reads only expressions that this file makes up itself, and none of them can run a program.

const prelude = `_v=1.2.3
_n=foo-bar-baz
_e=
_s='a  b c'
_g='*x'
_q='it'\\''s "q"'
_i=7
_p=abcABCxyz
_r=v1.2.3-rc4+5
_path=/usr/lib//foo.tar.gz
_a=(one 'two three' four-five)
_b=(only)
_c=()
_ref=_n
_h='#'
_t=/l
`;

function expressions(seed: number, count: number): string[] {
  const { next, pick } = randomChoices(seed);
  const scalar = (): string =>
    pick(["_v", "_n", "_e", "_s", "_i", "_p", "_r", "_path", "_unset", "_q", "_g", "_b"]);
  const listed = (): string => pick(["_a", "_b", "_c", "_unset", "_s"]);
  const pattern = (): string =>
    pick([
      "*",
      "?",
      "??",
      "*.*",
      ".*",
      "*.",
      "*-",
      "-*",
      "[0-9]*",
      "[!a-z]",
      "[^.]*",
      "[[:digit:]]",
      "[[:upper:]]*",
      "o*",
      "foo",
      "bar",
      "\\*",
      '"*"',
      "'.'",
      "a*c",
      "*b*",
      "[a-c]",
      "[]x]",
      "[x-]",
      "b?z",
      "$_i",
      '"$_e"',
      "$_v",
      "${_n%%-*}",
      "[",
      "*[*",
      "-",
      ".",
      "\\.",
      "/",
      "+*",
      "*r",
      '"."*',
      "$_g",
      '"$_g"',
      "{a,b}",
      " ",
      "'  '",
    ]);
  const word = (): string =>
    pick([
      "x",
      "",
      "_",
      "-",
      "$_v",
      '"$_s"',
      "$_s",
      "a b",
      "'q q'",
      "\\$",
      '"a  b"',
      "${_v%.*}",
      "*",
      "{1,2}",
      "\\}",
      "\\\\",
      "$((_i + 1))",
    ]);
  const replacement = (): string =>
    pick(["", "_", "-", "$_v", '"$_n"', "xx", "a b", "'q'", '"&"', "\\/", "${_v#*.}", ".."]);
  const number = (): string =>
    pick(["0", "1", "2", "5", "40", " -1", " -3", "_i", "_i - 5", "$_i", "(-2)", "1 + 1"]);
  const index = (): string => pick(["[0]", "[1]", "[@]", "[*]", "[_i - 6]", "[-1]", "[$((1 + 1))]", ""]);
  const parameter = (): string => {
    const list = next() < 0.4;
    const name = list ? listed() + index() : scalar();
    switch (Math.floor(next() * 12)) {
      case 0:
        return `\${${name}}`;
      case 1:
        return `\${${name}${pick(["%", "%%", "#", "##"])}${pattern()}}`;
      case 2:
      case 3:
        return `\${${name}${pick(["/", "//", "/#", "/%"])}${pattern().replaceAll("/", "\\/")}/${replacement()}}`;
      case 4:
        return `\${${name}:${number()}}`;
      case 5:
        return `\${${name}:${number()}:${pick(["0", "1", "2", "3", "9"])}}`;
      case 6:
        return `\${#${name}}`;
      case 7:
        return `\${${name}${pick(["^", "^^", ",", ",,"])}${pick(["", "", "[a-m]", "?"])}}`;
      case 8:
      case 9:
        return `\${${name}${pick([":-", "-", ":+", "+"])}${word()}}`;
      case 10:
        return pick([
          "${!_ref}",
          "${!_a[@]}",
          "$_n",
          "$_unset",
          "$((_i * 2 - 3))",
          "$((1 << _i % 3))",
          "$((-7 / 2))",
          "$((-7 % 3))",
          "$((2 ** 3 ** 2))",
          "$((1 ? 2 : 3))",
          "$((!0 + ~1))",
          "$((0x1f & 017))",
        ]);
      default:
        return `\${${name}${pick(["//", "/"])}${pattern().replaceAll("/", "\\/")}}`;
    }
  };
  const piece = (): string => {
    const roll = next();
    if (roll < 0.45) return parameter();
    if (roll < 0.7)
      return `"${pick(["", " ", "x ", "\\$", "'"])}${parameter()}${pick(["", " ", "y", "\\\\"])}"`;
    return pick([
      "a",
      "-",
      "'x y'",
      '"q"',
      "\\ ",
      "\\*",
      "$'t\\tb\\x41\\101\\u00e9'",
      "{a,b}",
      "{1..3}",
      "{x,}",
      "{03..1}",
      "{a..e..2}",
      "{a",
      "b}",
      "{a,{b,c}d}",
      "''",
      '""',
      "=",
      "{}",
      "{x}",
      "a:b",
      ".",
      "{a}b,c}",
      "{1..2}{x,y}",
      "{-1..1}",
      "$",
      "%",
    ]);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(next() * 3) }, piece).join(""),
  );
}

interface Answer {
  readonly scalar: string;
  readonly list: readonly string[];
}

/** Each expression as bash expands it: assigned, and as a list. Undefined where bash reports an error. */
function askBash(all: readonly string[]): (Answer | undefined)[] {
  const scripts = all.map(
    (expression) =>
      `eval ${quoted(`_x=${expression}`)} && eval ${quoted(`_y=(${expression})`)} && ` +
      `printf '%s\\0' "$_x" "\${_y[@]}"`,
  );
  return printedByBash(scripts, `set -f\n${prelude}`).map((answer) => {
    const [scalar, ...list] = answer.split("\0").slice(0, -1);
    return scalar === undefined ? undefined : { scalar, list };
  });
}

/** What we know of the same; a half is undefined where we don't. */
function askOurselves(expression: string): Partial<Answer> {
  const reading = readPkgbuild(`${prelude}_x=${expression}\n_y=(${expression})\n`);
  if (!reading.ok) return {};
  const evaluation = evaluate(reading.recipe);
  const scalar = evaluation.scalar("_x");
  const list = evaluation.list("_y");
  const texts =
    list && !("known" in list) ? list.map((value) => (value.known ? value.text : undefined)) : [undefined];
  return {
    ...(scalar?.known && { scalar: scalar.text }),
    ...(texts.every((text) => text !== undefined) && { list: texts }),
  };
}

/** Every way to write where a pattern ends and what it replaces, slashes and anchors wherever they may stand. */
function replacements(): string[] {
  const operators = ["/", "//", "/#", "/%"];
  const patterns = [
    "",
    "/",
    "//",
    "l",
    "/l",
    "/l*",
    "#",
    "%",
    "#/",
    "\\/",
    "\\#",
    "'/'",
    '"#"u',
    "[/]",
    "[!/]",
    "?",
    "*/",
    "$_h",
    "$_h/",
    '"$_h"',
    "$_t",
    "$_e/",
    "$_e#",
    "''#",
    "''/",
  ];
  const ends = ["", "/", "/z", "//z", "///", "/'/'z", '/"$_h"'];
  return operators.flatMap((operator) =>
    patterns.flatMap((pattern) =>
      ends.flatMap((end) => [
        `\${_path${operator}${pattern}${end}}`,
        `"\${_path${operator}${pattern}${end}}"`,
      ]),
    ),
  );
}

/** Every escape of `$'…'`, with too few, enough and too many digits. */
function escapes(): string[] {
  const digits = [
    "",
    "4",
    "41",
    "414",
    "0041",
    "000041",
    "00000041",
    "0000004141",
    "7",
    "101",
    "1011",
    "541",
    "8",
    "e9",
    "00e9",
    "20ac",
    "1f600",
    "0001f600",
    "d800",
    "110000",
    "0",
    "00",
    "000",
    "{41}",
    "{041}",
    "{",
    "{}",
    "g",
  ];
  const letters = ["", "x", "u", "U", "X", "c", "0", "o", "N"];
  const numbers = letters.flatMap((letter) => digits.map((digit) => letter + digit));
  const characters = Array.from("abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTVWYZ89?\"'\\&%-$`/\n é€😀");
  return [...numbers, ...characters].flatMap((escape) => [
    `$'\\${escape}'`,
    `p$'q\\${escape}'r`,
    `$'\\${escape}s'`,
    `$'s\\\\\\${escape}'`,
  ]);
}

describe.skipIf(!hasBash)("what is known is what bash says", () => {
  test.each([
    ["replacement", replacements(), 800],
    ["escape", escapes(), 600],
  ])("for every %s", (_, all, fewest) => {
    const answers = askBash(all);
    const ours = all.map(askOurselves);
    const wrong = all.flatMap((expression, position) => {
      const [own, bash] = [ours[position], answers[position]];
      const same =
        (own?.scalar === undefined || own.scalar === bash?.scalar) &&
        (own?.list === undefined || JSON.stringify(own.list) === JSON.stringify(bash?.list));
      return same ? [] : [{ expression, own, bash }];
    });
    expect(wrong).toEqual([]);
    expect(ours.filter(({ scalar }) => scalar !== undefined).length).toBeGreaterThan(fewest);
  });

  test.each([1, 2, 3, 4])("for made-up expansions, seed %i", (seed) => {
    const all = expressions(seed, 1_000);
    const answers = askBash(all);
    const known = all
      .map((expression, position) => ({
        expression,
        ours: askOurselves(expression),
        bash: answers[position],
      }))
      .filter(({ ours, bash }) => bash && Object.keys(ours).length > 0);
    const wrong = known.filter(
      ({ ours, bash }) =>
        (ours.scalar !== undefined && ours.scalar !== bash?.scalar) ||
        (ours.list !== undefined && JSON.stringify(ours.list) !== JSON.stringify(bash?.list)),
    );
    expect(wrong).toEqual([]);
    expect(known.length).toBeGreaterThan(600);
  });
});
