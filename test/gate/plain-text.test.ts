import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isPlain, unplainLines } from "../../tools/gate/code/plain-text.ts";
import { evaluate } from "../../tools/pkgbuild/evaluation/evaluate.ts";
import { readPkgbuild } from "../../tools/pkgbuild/recipe.ts";
import { hasBash, quoted } from "../pkgbuild/real-bash.ts";

/** Every character that means something to bash, and some that don't. */
const alphabet = [..."ax1_ \t.,:/@%+=^#?&!*()<>|;~-[]{}$\"'`\\\n"];

/** Whole constructs, so that short strings hold deep ones. */
const pieces = [
  "a",
  "1",
  " ",
  "'",
  '"',
  "$",
  "$b",
  "${b",
  "}",
  "%",
  "#",
  "/",
  ":",
  "*",
  ".",
  "<(",
  "$(",
  ")",
  "\\",
  "~",
  "!",
  "`",
  "{",
  ",",
];

function* stringsOf(symbols: readonly string[], length: number): Generator<string> {
  if (length === 0) return void (yield "");
  for (const rest of stringsOf(symbols, length - 1)) for (const symbol of symbols) yield rest + symbol;
}

const plain = new Set(
  [1, 2, 3]
    .flatMap((length) => [...stringsOf(alphabet, length)])
    .concat([...stringsOf(pieces, 4)])
    .filter((text) => isPlain(`x=${text}`)),
);

/** The texts that assign one variable and nothing else, as our grammar reads them. */
function assigning(before: string, after: string): { text: string; values: (string | undefined)[] }[] {
  return [...plain].flatMap((middle) => {
    const text = `${before}${middle}${after}`;
    const reading = readPkgbuild(`b=1.2\n${text}\n`);
    const statements = reading.ok ? reading.recipe.script.statements : [];
    const command = statements[1]?.command;
    if (!reading.ok || statements.length !== 2 || command?.kind !== "simple") return [];
    if (command.words.length > 0 || command.assignments.length !== 1 || command.redirections.length > 0)
      return [];
    const list = evaluate(reading.recipe, {}).list("x");
    if (list === undefined || "known" in list) return [];
    return [{ text, values: list.map((value) => (value.known ? value.text : undefined)) }];
  });
}

/** What bash has in `x` after each, every one in a subshell without programs; what runs something leaves a mark. */
function heldByBash(texts: readonly string[]): { values: string[]; ran: boolean }[] {
  const folder = mkdtempSync(join(tmpdir(), "plain-text-"));
  try {
    const script = [
      "shopt -s extglob; PATH=/nowhere; b=1.2; ran=",
      "command_not_found_handle() { printf 'RAN\\1'; }",
      ...texts.map((text) => `unset x; eval ${quoted(text)}; printf '%s\\1' "\${x[@]}"; printf '\\2'`),
    ];
    writeFileSync(join(folder, "script"), script.join("\n"));
    const printed = execFileSync("bash", [join(folder, "script")], {
      cwd: folder,
      env: { LC_ALL: "C.UTF-8", HOME: "/home-of-nobody" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 1 << 28,
    });
    return printed.split("\u0002").map((part) => ({
      values: part.split("\u0001").slice(0, -1),
      ran: part.includes("RAN\u0001"),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasBash)("every short string that is plain", () => {
  test.each([
    ["as a value", "x=", ""],
    ["as a list", "x=(", ")"],
    ["within double quotes", 'x="', '"'],
    ["within a list's line", "x=(\n  ", "\n)"],
  ])("%s, comes to what we say and runs nothing", (_, before, after) => {
    const ours = assigning(before, after).filter(({ text }) => isPlain(text) || text.includes("\n"));
    expect(ours.length).toBeGreaterThan(500);
    const theirs = heldByBash(ours.map(({ text }) => text));
    const differing = ours.filter(({ values }, at) => {
      const { values: held = [], ran } = theirs[at] ?? {};
      // An empty list prints one empty string.
      const same = values.every((value, position) => value === undefined || value === (held[position] ?? ""));
      return ran || !same || Math.max(values.length, 1) !== held.length;
    });
    expect(differing.slice(0, 20).map(({ text }) => text)).toEqual([]);
  });
});

describe("what is plain", () => {
  test.each([
    "pkgver=1.2.3",
    '  "https://example.org/$pkgname-${pkgver//_/-}.tar.gz"',
    "source=(\"$url/v${pkgver%.*}/${_name:0:8}.tar.xz\" 'fix.patch') # why",
    'pkgdesc="Ein Werkzeug für Bäume"',
    "# $(anything) at all",
    "package() {",
    "}",
    "options=(!strip)",
  ])("%s", (line) => expect(isPlain(line)).toBe(true));

  test.each([
    "pkgver=$(date)",
    "pkgver=`date`",
    'url="a${x:+"b"}"',
    "url=\"a${x:+'b'}\"",
    'source=("a${pkgver#<(b)}")',
    'source=("a" \\',
    "x=$'a'",
    'x=$"a"',
    "x={a,b}",
    "cat <<E",
    "x=a; y",
    "x=a&& y",
    "x=ä",
    "x=~root",
    "x=a:~root",
    'x="${y#~}"',
    'x="${!y}"',
    'x="${y@P}"',
    'x="${y:-z}"',
    "x=${y[$(z)]}",
    "x='a",
    'x="a',
    "x=@(a|b)",
    "x=\r",
    "x=*",
    "${_}",
  ])("not %j", (line) => expect(isPlain(line)).toBe(false));
});

function newLines(before: string, after: string): string[] {
  return unplainLines(before, after).map(({ text }) => text);
}

describe("what was accepted", () => {
  test.each([
    ["stays where it stands", "a=1\nb=$(c)\n", "a=2\nb=$(c)\n"],
    ["may be moved right and left", "if a; then\nb \\\n c\nfi", "if a; then\n  b \\\n    c\nfi"],
    ["takes new versions", "b=$(c 1.2.3)\n", "b=$(c 1.3.0)\n"],
    ["takes plain text beside it", 'x=("a-$v"{,.sig} b)\n', 'x=("a-${v}"{,.sig} b)\n'],
  ])("%s", (_, before, after) => expect(newLines(before, after)).toEqual([]));

  test.each([
    ["takes no other words", "b=$(c 1.2.3)\n", "b=$(d 1.3.0)\n"],
    ["takes no more of its kind", "b=$(c)\n", "b=$(c)$(d)\n"],
    ["is new on another line", "b=`c`\nd=1\n", "b=1\nd=`c`\n"],
    ["isn't continued", 'b="$x"\n', 'b="$x\\\n"\n'],
  ])("%s", (_, before, after) => expect(newLines(before, after)).not.toEqual([]));
});
