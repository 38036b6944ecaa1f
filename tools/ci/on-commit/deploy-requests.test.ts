import { expect, test } from "vitest";
import { deployRequests } from "./deploy-requests.ts";

const requests = (...messages: string[]): string[] =>
  deployRequests(messages.map((message, at) => ({ id: `c${at}`, message }))).map(
    ({ name, class: buildClass, commit }) =>
      `${commit} ${name}${buildClass === undefined ? "" : ` on ${buildClass}`}`,
  );

test.each<[string, string[]]>([
  ["[deploy foo]", ["c0 foo"]],
  ["fix [deploy foo] and [deploy bar/heavy]\n\n[deploy all/3]", ["c0 foo", "c0 bar on heavy", "c0 all on 3"]],
  ["[deploy gtk+2.0@x_Y-z]", ["c0 gtk+2.0@x_Y-z"]],
  ["[deploy \t foo ]", ["c0 foo"]],
  ["[deploy foo/]", ["c0 foo/"]],
  ["[deploy foo/-x]", ["c0 foo/-x"]],
  ["[deploy $(touch x)]", ["c0 $(touch x)"]],
  ["[deploy __proto__]", ["c0 __proto__"]],
  ["[[deploy foo]]", ["c0 foo"]],
  ["[deploy foo] [deploy foo/2]", ["c0 foo on 2"]],
  ["deploy foo, [deployfoo], [deploy ], [Deploy foo], [deploy\nfoo], [deploy foo", []],
  ["", []],
])("%j asks for %j", (message, expected) => {
  expect(requests(message)).toEqual(expected);
});

test("what a package makes stands for the package, to ask and to cancel", () => {
  const messages = ["[deploy foo] [deploy bar-docs/2]", "[undeploy foo-docs]"];
  const commits = messages.map((message, at) => ({ id: `c${at}`, message }));
  const found = deployRequests(commits, (name) => /^(foo|bar)/.exec(name)?.[0]);
  expect(found.map(({ name, class: buildClass }) => [name, buildClass])).toEqual([["bar", "2"]]);
});

test("a later [undeploy] cancels, an earlier one doesn't, and asking again counts again", () => {
  expect(requests("[deploy foo]", "[undeploy foo]")).toEqual([]);
  expect(requests("[undeploy foo]", "[deploy foo]")).toEqual(["c1 foo"]);
  expect(requests("[deploy foo] [deploy bar]", "[undeploy bar]", "[deploy bar/2]")).toEqual([
    "c0 foo",
    "c2 bar on 2",
  ]);
});
