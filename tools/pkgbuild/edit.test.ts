import { describe, expect, test } from "vitest";
import { type Edit, literalScalars, setElements, setScalar, withEdits } from "./edit.ts";
import { readPkgbuild, type Recipe } from "./recipe.ts";

function read(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.recipe;
}

function edited(text: string, edit: (recipe: Recipe) => readonly Edit[]): string {
  return withEdits(text, edit(read(text)));
}

describe("a value changes, and nothing around it", () => {
  test.each([
    ["x=1", "x=2"],
    ["x='1'", "x='2'"],
    ['x="1"', 'x="2"'],
    ["  x=1 y=3 # x=1", "  x=2 y=3 # x=1"],
    ["x=1;y=1", "x=2;y=1"],
    ["declare x='1'\n\n", "declare x='2'\n\n"],
    ["# é 🎉 x=1\r\nx=1\n", "# é 🎉 x=1\r\nx=2\n"],
    ["y=(a\n # x=1\n)\nx=1\nf() { local x=3; }", "y=(a\n # x=1\n)\nx=2\nf() { local x=3; }"],
  ])("%j becomes %j", (before, after) => {
    expect(edited(before, (recipe) => [setScalar(recipe, "x", "2")])).toBe(after);
  });

  test.each([
    ["x=(a b c)", "x=(a 2 c)"],
    ["x=('a' # b\n  \"b\"\t'c'\n)", "x=('a' # b\n  \"2\"\t'c'\n)"],
    ["x=(a)\nx+=(b c)", "x=(a)\nx+=(2 c)"],
    ['_b=b\nx=(a "$_b" c)', '_b=2\nx=(a "$_b" c)'],
    ["_b='b'\nx=(a ${_b} c)", "_b='2'\nx=(a ${_b} c)"],
    ['x=($(a) b "$c")', 'x=($(a) 2 "$c")'],
  ])("the second of %j", (before, after) => {
    expect(edited(before, (recipe) => setElements(recipe, "x", [undefined, "2", undefined]))).toBe(after);
  });
});

describe("what isn't plainly there is refused, with its line", () => {
  test.each([
    ["x=1\nx=1", "more than once", 2],
    ["x=1\nif a; then x=2; fi", "more than once", 2],
    ["if a; then x=1; fi", "under a condition", 1],
    ["x=1 make", "under a condition", 1],
    ["y=$(x=1)", "under a condition", 1],
    ["y=`\n\nx=1`", "under a condition", 3],
    ["\nx+=1", "isn't one value", 2],
    ["x[0]=1", "isn't one value", 1],
    ["x=(1)", "isn't one value", 1],
    ["x=$y", "isn't a literal", 1],
    ["x=1$y", "isn't a literal", 1],
    ["x=", "quoted in pieces", 1],
    ["x=''", "quoted in pieces", 1],
    ["x=1'2'", "quoted in pieces", 1],
    ["x=\\1", "quoted in pieces", 1],
    ["x=$'1'", "quoted in pieces", 1],
  ])("%j: %s", (text, reason, line) => {
    const [facts, message]: unknown[] = [expect.objectContaining({ line }), expect.stringContaining(reason)];
    expect(() => setScalar(read(text), "x", "2")).toThrow(
      expect.objectContaining({ code: "recipe-edit", message, facts }),
    );
  });

  test("a variable that isn't set", () => {
    expect(() => setScalar(read("y=1"), "x", "2")).toThrow("it doesn't set x");
  });

  test.each([
    ["x=(a)", "isn't written as 2 plain entries"],
    ["x=(a b c)", "isn't written as 2 plain entries"],
    ["x=(a)\n[[ y ]] && x+=(b)", "under a condition"],
    ["x=(a)\nx[1]=b", "isn't a plain list"],
    ["x=([0]=a [1]=b)", "isn't a plain list"],
    ["x=(a {b,c})", "isn't a literal"],
    ["x=(a ${y:-b})", "isn't a literal"],
    ["_b=b\n_b=c\nx=(a $_b)", "it sets _b more than once"],
    ["x=(a $_b)", "it doesn't set _b"],
  ])("the second of %j: %s", (text, reason) => {
    expect(() => setElements(read(text), "x", [undefined, "2"])).toThrow(reason);
  });

  test.each(["1;id", "$(id)", "`id`", "1 2", "a'b", 'a"b', "a\nb", "", "~", "#1", "*", "a{b,c}", "é"])(
    "the value %j, which bash would read otherwise",
    (value) => {
      expect(() => setScalar(read("x=1"), "x", value)).toThrow("would need quotes");
    },
  );
});

test("a variable that two entries share has one value", () => {
  const text = "_s=0\nx=($_s $_s)";
  expect(edited(text, (recipe) => setElements(recipe, "x", ["1", "1"]))).toBe("_s=1\nx=($_s $_s)");
  expect(() => setElements(read(text), "x", ["1", "2"])).toThrow("share a variable");
});

test("literals that are set once, at top level", () => {
  const text = "a=1\nb=$a\nc=1\nc=2\nd=(1)\n[[ x ]] && e=1\nf() { g=1; }\nh='1'\ni+=1\n";
  expect(literalScalars(read(text))).toEqual(["a", "h"]);
});
