import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bumpOf } from "../../workspace/bump.ts";
import { bumpLines } from "./bump.ts";
import { missingPrograms } from "../../../test/world/programs.ts";

test.each([
  ["", false, undefined],
  ["3", false, { version: undefined, count: "3" }],
  ["3", true, undefined],
  ["1:1.2.3-1/2", false, { version: "1:1.2.3-1", count: "2" }],
  ["1:1.2.3-1", false, { version: "1:1.2.3-1", count: "1" }],
])("CI_PACKAGE_BUMP=%s, CI_MANAGE_AUR=%s", (CI_PACKAGE_BUMP, CI_MANAGE_AUR, bump) => {
  expect(bumpOf({ CI_PACKAGE_BUMP, CI_MANAGE_AUR })).toEqual(bump);
});

test.skipIf(missingPrograms("vercmp").length > 0).each([
  ["3", "2.3"],
  ["1:1.2.3-2/4", "2.4"],
  ["1:1.2.3-2", "2.1"],
  ["1:1.2.3-1/4", "2"],
  ["1.2.3-2/4", "2"],
  ["'$(touch${IFS}hurt)'`touch${IFS}hurt`;exit/4", "2"],
  ["-h/4", "2"],
])("with %s a pkgrel of 2 becomes %s, and the text is never a command", (CI_PACKAGE_BUMP, pkgrel) => {
  const lines = bumpLines(bumpOf({ CI_PACKAGE_BUMP, CI_MANAGE_AUR: false })!);
  const script = `epoch=1 pkgver=1.2.3 pkgrel=2\n${lines}\n[ ! -e hurt ] && echo "$pkgrel"`;
  expect(
    execFileSync("bash", ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  ).toBe(`${pkgrel}\n`);
});
