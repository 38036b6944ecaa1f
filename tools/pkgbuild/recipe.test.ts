import { describe, expect, test } from "vitest";
import { cpuTimeOf } from "../../test/world/cpu-time.ts";
import { evaluate } from "./evaluation/evaluate.ts";
import { expectedSrcinfo } from "./srcinfo/expected-srcinfo.ts";
import { normaliseScript } from "./normal-form/normalise.ts";
import { readPkgbuild, type Recipe } from "./recipe.ts";

function read(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(`${reading.problem.line}: ${reading.problem.message}`);
  return reading.recipe;
}

test("a second pkgver, an appended one and one in a function are all listed with their place", () => {
  const { assignments } = read(
    "pkgver=1.0\npkgver=2.0\npkgver+=.1\n[[ -f x ]] && pkgver=3\nprepare() {\n  pkgver=4\n  if a; then pkgver=5; fi\n}\n",
  );
  expect(
    assignments.map(({ name, line, append, conditional, function: inside }) => [
      name,
      line,
      append,
      conditional,
      inside,
    ]),
  ).toEqual([
    ["pkgver", 1, false, false, undefined],
    ["pkgver", 2, false, false, undefined],
    ["pkgver", 3, true, false, undefined],
    ["pkgver", 4, false, true, undefined],
    ["pkgver", 6, false, false, "prepare"],
    ["pkgver", 7, false, true, "prepare"],
  ]);
});

test.each([
  ["pkgver=1.0\ndeps=(a 'b' \"c $pkgver\")\nexport FLAGS=x\nf() { curl x; }", []],
  ["pkgver=$(curl x)", ["substitution 1", "command 1 curl"]],
  ["x=1\ny=`date`", ["substitution 2", "command 2 date"]],
  ['source=("a$(b)")', ["substitution 1", "command 1 b"]],
  ["x=<(a)", ["substitution 1", "command 1 a"]],
  ["x=${y:-$(z)}", ["substitution 1", "command 1 z"]],
  ["'e'\"v\"al x", ["command 1 eval"]],
  ["$'\\x62un' add x", ["command 1 bun"]],
  ['"${x:0:1}un" add y', ["command 1 ?"]],
  ['. ./other.sh\nsource "$startdir/lib"', ["source 1", "source 2"]],
  ["if [[ $CARCH = x86_64 ]]; then\n  a=1\nfi", ["condition 1", "condition 1"]],
  ["for a in 1 2; do b+=($a); done", ["loop 1"]],
  ["x=${!y}\nz=${x@P}", ["indirection 1", "indirection 2"]],
  ["> file", ["redirection 1"]],
  ["declare -n ref=pkgver", ["command 1 declare"]],
  ["((x++))\ny=$((x))", ["arithmetic 1", "arithmetic 2"]],
])("code that runs when %j is read is found", (text, expected) => {
  const found = read(text).code.map((code) => {
    const name = code.kind === "command" ? ` ${code.name ?? "?"}` : "";
    return `${code.kind} ${code.line}${name}`;
  });
  expect(found).toEqual(expected);
});

describe("a text that bash would refuse, or that hides something, is not read", () => {
  test.each([
    ["x='", 1, 3],
    ["f() {\n", 2, 1],
    ["x=(a\n", 1, 4],
    ["if a; then b\n", 2, 1],
    ["cat <<EOF\ntext\n", 2, 1],
    ["x=1\0y", 1, 4],
    ["a\\\nb", 1, 2],
    ["pkg\\\nver=2", 1, 4],
    ["x=$\\\n(id)", 1, 3],
    ["x=$'a\\0b'", 1, 5],
    ["x=$'\\x{68}'", 1, 6],
    ["x=$'\\x{}'", 1, 6],
    ["x=$'\\ud800'", 1, 11],
    ["x=$'\\U00110000'", 1, 15],
    ["x=$'\\ca'", 1, 7],
    ["x=$'\\xff'", 1, 5],
    ["x=${ id; }", 1, 5],
    ['x="${y:+$z"a"}"', 1, 11],
    ['x="${y:+"$z"a}"', 1, 12],
    ["x=(a)b=2", 1, 6],
    ["x[[ a\n[0]=]=1", 1, 1],
    ["x=([[0]=a)", 1, 4],
    ["x=([a b])", 1, 4],
    ["x=${y:-<(}", 1, 10],
    ["x=$[1+1]", 1, 4],
    ['x=$"text"', 1, 3],
    ["a[b\\]c]=1", 1, 1],
    ["while a; done", 1, 10],
    ["case x in a) b;;", 1, 17],
    ["a &&\n", 2, 1],
    ["fi", 1, 1],
    ["x=1 )", 1, 5],
    ["!(a)", 1, 1],
  ])("%j at line %i, column %i", (text, line, column) => {
    const reading = readPkgbuild(text);
    expect(reading.ok ? "read" : [reading.problem.line, reading.problem.column]).toEqual([line, column]);
  });

  test.each([
    ["groups", `f() ${"{ ".repeat(10_000)}a; ${"} ".repeat(10_000)}`],
    ["subshells", `${"( ".repeat(10_000)}a${" )".repeat(10_000)}`],
    ["substitutions", 'x="$('.repeat(10_000)],
    ["expansions", `x=${"${a:-".repeat(10_000)}${"}".repeat(10_000)}`],
    ["tests", `[[ ${"( ".repeat(10_000)}a${" )".repeat(10_000)} ]]`],
    ["negations", `[[ ${"! ".repeat(10_000)}a ]]`],
    ["ifs", "if a; then ".repeat(10_000)],
    ["subscripts", "a[ ".repeat(100_000)],
    ["quotes", `x="${"a".repeat(900_000)}`],
    ["here-documents", "cat <<A\n".repeat(50_000)],
    ["megabytes", "a=b\n".repeat(1_300_000)],
  ])("endless %s", (_, text) => {
    expect(readPkgbuild(text).ok).toBe(false);
  });
});

test("carriage returns stay what they are to bash: part of the word", () => {
  const { assignments } = read("pkgver=1.0\r\npkgrel=1\r\n");
  expect(assignments[0]?.value).toMatchObject({ word: { parts: [{ text: "1.0\r" }] } });
});

describe("bounded work on hostile texts", () => {
  test.each([
    ["braces", `x=(${"{a,b}".repeat(60)})`],
    ["open braces", `x=(${"{".repeat(100_000)})`],
    ["a range", "x=({1..999999999})"],
    ["doubling", `x=x\n${"x=$x$x\n".repeat(100)}`],
    ["replacing", `a=${"x".repeat(1000)}\nx=\${a//x/${"y".repeat(1000)}}\nx=\${x//y/${"z".repeat(1000)}}`],
    ["stars", `a=${"a".repeat(3000)}\nx=\${a//${"*a".repeat(100)}c/x}`],
    ["loops", "for a in {1..2000}; do for b in {1..2000}; do for c in {1..2000}; do x+=y; done; done; done"],
    ["appending", "for a in {1..2000}; do for b in {1..2000}; do x+=(a); done; done"],
    ["evals", `a=${"x".repeat(500_000)}\nfor i in {1..2000}; do eval "x=$a"; done`],
    ["itself", 'x=\'eval "$x"\'\neval "$x"'],
    ["arithmetic", `x=$((${"(".repeat(10_000)}1${")".repeat(10_000)}))`],
  ])("%s end as unknown", (_, text) => {
    const milliseconds = cpuTimeOf(() => {
      const list = evaluate(read(text)).list("x");
      expect(list).toSatisfy(
        (found) => "known" in found || found.some((value: { known: boolean }) => !value.known),
      );
    });
    expect(milliseconds).toBeLessThan(5_000);
  });

  test.each([
    ["commands", "a; ".repeat(300_000)],
    ["conditions", `[[ ${"a && ".repeat(150_000)}b ]]`],
    ["chains", `${"a && ".repeat(150_000)}b`],
    ["branches", `if a; then b; ${"elif a; then b; ".repeat(50_000)}fi`],
    ["comments", `x=\`\n${"#\n".repeat(400_000)}\``],
    ["pieces", `[[ a =~ ${"$a".repeat(300_000)} ]]`],
    ["assignments in a function", `f() { ${"a=1;".repeat(200_000)} }`],
    ["document", `cat <<A\n${"x\\$".repeat(300_000)}\nA`],
  ])("many %s are read and compared", (_, text) => {
    const recipe = read(text);
    expectedSrcinfo(evaluate(recipe));
    expect(normaliseScript(recipe.script)).not.toBe("");
  });
});
