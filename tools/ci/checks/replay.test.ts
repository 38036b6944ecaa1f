import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bumped, filesOf, recipes } from "../../../test/gate/recipes.ts";
import { makeRepository } from "../../../test/world/repository.ts";
import { openGit } from "../../git/git.ts";
import type { RecipeFiles } from "../../gate/judge.ts";
import { replay, type Replayed } from "./replay.ts";
import { readTagFile } from "./tag-file.ts";

const dir = mkdtempSync(join(tmpdir(), "replay-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** A workspace in which `lazy` went from one commit of its source to another. */
function repository(): void {
  makeRepository(dir);
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  const git = (...words: readonly string[]): void =>
    void execFileSync("git", ["-C", dir, ...who, ...words], { stdio: "ignore" });
  const commit = (files: RecipeFiles, message: string): void => {
    mkdirSync(join(dir, "packages/lazy"), { recursive: true });
    for (const [path, { bytes }] of files) writeFileSync(join(dir, "packages/lazy", path), bytes);
    git("add", "--all");
    git("commit", "-m", message);
  };
  commit(filesOf("go", recipes.go.PKGBUILD), "lazy 1.2.0-beta.1");
  commit(filesOf("go", bumped("go")), "lazy, a newer version");
}

async function judged(tags?: string): Promise<Replayed> {
  const options = tags === undefined ? {} : { tagsOf: readTagFile(tags, "tags.jsonl") };
  const updates = replay(openGit(dir, process.env), { range: "HEAD~1..HEAD", ...options });
  const all: Replayed[] = [];
  for await (const update of updates) all.push(update);
  expect(all).toHaveLength(1);
  return all[0]!;
}

test("a commit counts as its version's where a file of tags says so", async () => {
  repository();
  const unproved = await judged();
  expect(unproved.verdict).toBe("major");
  const [question] = unproved.needs;
  const tag = (commit: string): string =>
    JSON.stringify({ url: question!.url, tag: `v${question!.version}`, commit });
  expect(await judged(tag(question!.commit))).toMatchObject({ verdict: "minor", needs: [] });
  expect((await judged(tag("9".repeat(40)))).verdict).toBe("major");
  const others = tag(question!.commit).replace("jesse", "other");
  expect(await judged(others)).toMatchObject({ verdict: "major", needs: [question] });
});
