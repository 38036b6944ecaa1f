import { describe, expect, test } from "vitest";
import { normaliseCommand } from "../../tools/pkgbuild/normal-form/normalise.ts";
import { readPkgbuild } from "../../tools/pkgbuild/recipe.ts";
import { randomChoices } from "./random-choices.ts";
import { hasBash, printedByBash, quoted } from "./real-bash.ts";

// Bash itself is the formatter here: it defines made-up functions, none of which is ever called, and prints them.

function madeUpFunctions(seed: number, count: number): string[] {
  const { next, pick } = randomChoices(seed);
  const word = (depth: number): string =>
    pick([
      "a",
      "-x",
      "foo.tar.gz",
      '"$pkgdir"/usr',
      "'it is'",
      "$x",
      "${x%.*}",
      '"${y[@]}"',
      "*.c",
      "\\*",
      "a\\ b",
      "{a,b}",
      "--p=/usr",
      "~/x",
      "#no",
      "a#b",
      "$'t\\n'",
      '"a\n b"',
      "12",
      "x=y",
      "!",
      "done",
      "${z:-'q r'}",
      '"${z:-"q r"}"',
      "$((1 + x))",
      depth > 0 ? `$(${command(depth - 1)})` : "q",
      depth > 0 ? `"$(${command(depth - 1)})"` : "r",
      depth > 0 ? `<(${command(0)})` : "s",
      depth > 0 ? "`uname \\`a\\``" : "t",
    ]);
  const name = (): string => pick(["cd", "install", "echo", "[", "'if'", "local", "./x", '"$x"']);
  const redirection = (): string =>
    pick([">f", "2>&1", "</dev/null", ">> f", "&>f", "<<<word", ">| f", "3<> f"]);
  const simple = (depth: number): string => {
    const parts = [pick(["", "", "A=1 ", "B='x y' "]) + name()];
    for (let left = Math.floor(next() * 4); left > 0; left -= 1) parts.push(word(depth));
    if (next() < 0.2) parts.push(redirection());
    if (next() < 0.2) parts.push("\\\n   " + word(depth));
    return parts.join(pick([" ", "  ", "\t"]));
  };
  const assignment = (depth: number): string =>
    pick([
      "x=1",
      "x+=2",
      "a=(p 'q r' \"$s\")",
      "a+=(\n p # why\n q\n)",
      "b[1]=2",
      `x=${word(depth)}`.replace(/=[<#!].*|=\{.*/, "=1"),
      "local c=(d e)",
    ]);
  const separator = (): string => pick(["\n", "; ", " ;", "\n\n# a comment\n  "]);
  const list = (depth: number): string => {
    const commands = [command(depth), ...(next() < 0.5 ? [command(depth)] : [])];
    return commands.join(separator()) + separator();
  };
  const test = (): string =>
    pick([
      "-f $x",
      "$x == y*",
      '! -d a && $b != "c"',
      "$a =~ ^(x|y)+$ || -n $c",
      "( $x -eq 1 )",
      "a < b",
      '-z "$x"',
    ]);
  const compound = (depth: number): string => {
    const inner = (): string => list(depth - 1);
    return pick([
      () => `if ${inner()}then ${inner()}fi`,
      () => `if ${inner()}then\n${inner()}elif ${inner()}then ${inner()}else ${inner()}fi`,
      () => `for i in ${word(0)} ${word(0)}; do ${inner()}done`,
      () => `for j\ndo ${inner()}done`,
      () => `for ((i=0; i < 3; i++)); do ${inner()}done`,
      () => `while ${inner()}do ${inner()}done${pick(["", " < f", " >f 2>&1"])}`,
      () =>
        `case ${word(0)} in a|b*) ${inner()};;\n (c) ${inner()} ;& *) ;; esac`.replaceAll(
          /[;\n ]+(;;|;&)/g,
          "\n$1",
        ),
      () => `{ ${inner()}}`,
      () => `( ${inner()})`,
      () => `[[ ${test()} ]]`,
      () => "(( x + 1 > 2 ))",
    ])();
  };
  const command = (depth: number): string => {
    const roll = next();
    if (depth > 0 && roll < 0.3) return compound(depth);
    if (roll < 0.45) return assignment(depth);
    if (roll < 0.55) return `${simple(depth)} ${pick(["&&", "||", "|", "|&", "&&\n "])} ${simple(depth)}`;
    if (roll < 0.6) return `! ${simple(depth)}`;
    return simple(depth);
  };
  const document = (): string =>
    pick([
      "cat <<EOF\n  a $x \\$y\n'q'\nEOF",
      "cat <<'EOF' >f\n$(x) `y`\nEOF",
      "cat <<-EOF | sh\n\tx\n\tEOF",
    ]);
  return Array.from({ length: count }, (_, position) => {
    const body = list(3) + (next() < 0.2 ? `${document()}\n` : "");
    return `${pick(["f", "function f"])}${position}() ${pick(["", "\n"])}{\n${body}}`.replace(
      /^(function f\d+)\(\)/,
      "$1",
    );
  });
}

/** Undefined where we don't read it. */
function normal(text: string): string | undefined {
  const reading = readPkgbuild(text);
  if (!reading.ok) return undefined;
  return reading.recipe.script.statements.map(({ command }) => normaliseCommand(command)).join("\n");
}

describe.skipIf(!hasBash)("what we read is what bash reads", () => {
  test.each([1, 2, 3])("a function and how bash prints it are equal, seed %i", (seed) => {
    const functions = madeUpFunctions(seed, 400);
    const printed = printedByBash(
      functions.map((text, position) => `eval ${quoted(text)} && declare -f f${position}`),
    );
    const read = functions
      .map((text, position) => ({ text, ours: normal(text), bash: normal(printed[position] ?? "") }))
      .filter(({ ours }) => ours !== undefined);
    // Where bash refuses a definition it prints none.
    expect(read.filter(({ ours, bash }) => ours !== bash)).toEqual([]);
    expect(read.length).toBeGreaterThan(200);
  });
});
