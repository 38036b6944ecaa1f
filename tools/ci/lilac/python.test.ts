import { expect, test } from "vitest";
import { preBuildIdioms, readStatements } from "./python-idioms.ts";
import { readPython, wholeText } from "./python.ts";

test.each([
  [
    "update_pkgver_and_pkgrel( _G.newver . lstrip('v') )  # comment\n",
    ['update_pkgver_and_pkgrel(_G.newver.lstrip("v"))'],
  ],
  ["aur_pre_build(maintainers=[\n  'a', # who\n  \"b\",\n])\n", ['aur_pre_build(maintainers=["a","b"])']],
  ["a()\n\nb(); c()", ["a()", "b()", "c()"]],
  ["from lilaclib import *\nimport re", ["from lilaclib import*", "import re"]],
  [
    "for line in edit_file('PKGBUILD'):\n    line: str\n    if x in line: continue\n    print(line)\nend()",
    ['for line in edit_file("PKGBUILD"):{line:str;if x in line:{continue};print(line)}', "end()"],
  ],
  ["def f():\n\tif a:\n\t\tb()\n\telse:\n\t\tc()\n", ["def f():{if a:{b()};else:{c()}}"]],
  ["x = r'\\d' + f'{y}' + '\\t' + '\\x41'", ['x="\\\\d"+f"{y}"+"\\t"+unread"\\\\x41"']],
  ["'''doc\n# no comment'''\nz = 1 \\\n + 2", ['"doc\\n# no comment"', "z=1+2"]],
  ["if __name__ == '__main__':\n  single_main()", ['if __name__=="__main__":{single_main()}']],
])("%j is read as %j, whatever its layout", (source, texts) => {
  expect(readPython(source).map(wholeText)).toEqual(texts);
});

test("a statement knows its line", () => {
  expect(
    readPython("a(\n 1)\n# x\ndef f():\n  b()").map(({ line, body }) => [
      line,
      ...body.map((one) => one.line),
    ]),
  ).toEqual([[1], [4, 5]]);
});

test.each([
  ["quotes", '"\\'],
  ["triple quotes", '"""x"\\'],
])("of a string with many %s that doesn't end all is one text", (_what, text) => {
  const [one, ...more] = readPython(`a()\nb = ${text.repeat(100_000)}`).slice(1);
  expect([wholeText(one!).slice(0, 3), more]).toEqual(['b="', []]);
});

test.each([
  ["one statement of many tokens", `f(${"a,".repeat(50_000)}${"]".repeat(50_000)})`],
  ["operations in operations", `update_pkgver_and_pkgrel(${"re.sub('a','b',".repeat(20_000)}`],
  ["blocks in blocks", Array.from({ length: 1_400 }, (_, at) => `${" ".repeat(at)}if a:`).join("\n")],
])("%s are read in time, and mean nothing", (_what, source) => {
  const statements = readPython(source);
  const found = readStatements(statements, preBuildIdioms, { variables: new Map() });
  expect(found).toHaveLength(statements.length);
});
