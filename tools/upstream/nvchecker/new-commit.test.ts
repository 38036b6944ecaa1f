import { expect, test } from "vitest";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Http } from "../../http/http.ts";
import { newCommit } from "./new-commit.ts";

const [old, now] = ["a".repeat(40), "b".repeat(40)] as const;

const pkgbuild = `pkgname=foo
_commit='${old}' # main
pkgver=1.2
pkgrel=3
arch=(any)
source=("git+https://e.org/foo.git#commit=$_commit")
sha256sums=(SKIP)
`;

const refuse = (): never => {
  throw new Error("nothing is asked for");
};
const http: Http = { fetch: refuse, stream: refuse, politely: refuse, close: async () => undefined };

function recipe(text: string): RecipeFiles {
  return new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(text) }]]);
}

test("the newest commit goes into _commit, and pkgrel grows since pkgver doesn't", async () => {
  const after = await newCommit(recipe(pkgbuild), now, { http });
  const text = (path: string): string => Buffer.from(after?.get(path)?.bytes ?? []).toString();
  expect(text("PKGBUILD")).toBe(pkgbuild.replace(old, now).replace("pkgrel=3", "pkgrel=4"));
  expect(text(".SRCINFO")).toContain("\tpkgver = 1.2\n\tpkgrel = 4\n");
  expect(text(".SRCINFO")).toContain(`\tsource = git+https://e.org/foo.git#commit=${now}\n`);
});

test("a recipe that has the newest commit stays as it is", async () => {
  expect(await newCommit(recipe(pkgbuild), old, { http })).toBeUndefined();
});

test.each([
  [pkgbuild.replace("_commit=", "_rev="), "has no _commit to put it into"],
  [pkgbuild.replace("pkgrel=3", "pkgrel=3.1"), "its pkgrel isn't a plain number"],
  [pkgbuild.replace("pkgrel=3", 'pkgrel="$(date +%s)"'), "its pkgrel isn't a plain number"],
])("a recipe that can't follow gets the reason: %#", async (text, reason) => {
  await expect(newCommit(recipe(text), now, { http })).rejects.toThrow(reason);
});
