import { expect, test } from "vitest";
import { readVersionText, versionOptions } from "./version-text.ts";

test.each([
  ["_G.newver", {}, {}],
  ['_G.newver.lstrip("v")', {}, { prefix: "v" }],
  ['_G.newver.lstrip("v")', { prefix: "v" }, { prefix: "v" }],
  ['_G.newver.lstrip("v")', { from_pattern: "a", to_pattern: "" }, { from_pattern: "a", to_pattern: "" }],
  [
    '_G.newver.lstrip("v").rstrip("-server")',
    {},
    { prefix: "v", from_pattern: "[\\-serv]+$", to_pattern: "" },
  ],
  ['_G.newver.lstrip("rel-").rstrip("x")', {}, { from_pattern: "^[rel\\-]+|[x]+$", to_pattern: "" }],
  ['_G.newver.replace("-",".")', { prefix: "v" }, { prefix: "v", from_pattern: "-", to_pattern: "." }],
  ['_G.newver.removesuffix("_Linux").strip()', {}, { from_pattern: "_Linux$", to_pattern: "" }],
  ['re.sub("-alpha$","",_G.newver)', {}, { from_pattern: "-alpha$", to_pattern: "" }],
  ['newver.lstrip("v")', {}, { prefix: "v" }],
])("%s beside %j becomes %j", (expression, entry, options) => {
  expect(versionOptions(readVersionText(expression, new Map([["newver", []]]))!, entry)).toEqual(options);
});

test.each([
  "_G.newver.lower()",
  '_G.newver.split("-")[0]',
  "other",
  'subprocess.check_output(["id"])',
  '_G.newver+".0"',
  "_G.newver.lstrip(x)",
])("%s is for a person", (expression) => {
  expect(readVersionText(expression, new Map())).toBeUndefined();
});

test.each([
  ['_G.newver.lstrip("REL_").replace("_",".")', {}],
  ['_G.newver.replace("a","b").replace("c","d")', {}],
  ['_G.newver.replace("-",".")', { from_pattern: "x", to_pattern: "" }],
])("%s beside %j is more than nvchecker's options can say", (expression, entry) => {
  expect(versionOptions(readVersionText(expression, new Map())!, entry)).toBeUndefined();
});
