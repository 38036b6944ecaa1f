import { expect, test } from "vitest";
import { parseRelation } from "./relation.ts";

test.each([
  ["glibc", { name: "glibc" }],
  ["gtk+", { name: "gtk+" }],
  ["libfoo++.so", { name: "libfoo++.so" }],
  ["_foo@1.2", { name: "_foo@1.2" }],
  ["perl(File::Spec)", { name: "perl(File::Spec)" }],
  ["foo=1:2.0-1", { name: "foo", operator: "=", version: "1:2.0-1" }],
  ["foo<2", { name: "foo", operator: "<", version: "2" }],
  ["foo<=2", { name: "foo", operator: "<=", version: "2" }],
  ["foo>2", { name: "foo", operator: ">", version: "2" }],
  ["foo>=2.0.r5", { name: "foo", operator: ">=", version: "2.0.r5" }],
  ["libfoo.so=1-64", { name: "libfoo.so", operator: "=", version: "1-64" }],
  ["cups: printing support", { name: "cups", description: "printing support" }],
  ["foo>=1:2: a: b=c", { name: "foo", operator: ">=", version: "1:2", description: "a: b=c" }],
  ["foo: for bar>=2", { name: "foo", description: "for bar>=2" }],
])("%s is read into its parts", (text, relation) => {
  expect(parseRelation(text)).toEqual(relation);
});

test.each([
  ["", { name: "" }],
  ["=", { name: "", operator: "=", version: "" }],
  ["foo>=", { name: "foo", operator: ">=", version: "" }],
  ["foo:", { name: "foo:" }],
  ["foo :bar", { name: "foo :bar" }],
  ["foo==1", { name: "foo", operator: "=", version: "=1" }],
  ["foo=<1", { name: "foo=", operator: "<", version: "1" }],
  ["foo>1<2", { name: "foo>1", operator: "<", version: "2" }],
  ["libadwaita>=1.5.0,", { name: "libadwaita", operator: ">=", version: "1.5.0," }],
  [": x", { name: "", description: "x" }],
  ["$(id)", { name: "$(id)" }],
])("the odd entry %j is taken as pacman takes it, without an error", (text, relation) => {
  expect(parseRelation(text)).toEqual(relation);
});
