import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge } from "../../tools/gate/judge.ts";
import { context, file } from "./recipes.ts";

// Updates by which people who attacked the gate got through it at some time; what was found in them was mended by kind.

/** What their distribution had. */
const isInstallable = (relation: string): boolean =>
  /^(?:glibc|openssl|gtk4|nodejs|sudo|curl|python)(?:[<>=]|$)/.test(relation);

/** Text, or where a symbolic link leads. */
type Files = Readonly<Record<string, string | { readonly link: string }>>;

const attempts = JSON.parse(readFileSync(join(import.meta.dirname, "attempts.json"), "utf8")) as Readonly<
  Record<string, { readonly old: Files; readonly new: Files }>
>;

test.each(Object.entries(attempts))("%s doesn't pass", (_, { old, new: now }) => {
  const [before, after] = [old, now].map(
    (files) =>
      new Map(
        Object.entries(files).map(([path, content]) => [
          path,
          typeof content === "string" ? file(content) : file(content.link, "120000"),
        ]),
      ),
  );
  const pkgbase = /^pkgbase = (.*)$/m.exec(String(now[".SRCINFO"]))?.[1] ?? "new";
  const { verdict } = judge(
    { pkgbase, before, after: after! },
    { ...context, maintainersBefore: undefined, maintainersAfter: undefined, isInstallable },
  );
  expect(verdict).not.toBe("minor");
});
