import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge } from "../../tools/gate/judge.ts";
import { context, file } from "./recipes.ts";

// Updates by which people who attacked the gate got through it at some time; what was found in them was mended by kind.

type Files = Readonly<Record<string, string>>;

const attempts = JSON.parse(readFileSync(join(import.meta.dirname, "attempts.json"), "utf8")) as Readonly<
  Record<string, { readonly old: Files; readonly new: Files }>
>;

test.each(Object.entries(attempts))("%s doesn't pass", (_, { old, new: now }) => {
  const [before, after] = [old, now].map(
    (files) => new Map(Object.entries(files).map(([path, text]) => [path, file(text)])),
  );
  const pkgbase = /^pkgbase = (.*)$/m.exec(now[".SRCINFO"] ?? "")?.[1] ?? "new";
  const { verdict } = judge(
    { pkgbase, before, after: after! },
    { ...context, maintainersBefore: undefined, maintainersAfter: undefined },
  );
  expect(verdict).not.toBe("minor");
});
