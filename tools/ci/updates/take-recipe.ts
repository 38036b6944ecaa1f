import { createHash } from "node:crypto";
import { posix } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { checkPaths, isReservedPath, type RecipeFile } from "../../workspace/recipe-changes.ts";
import { normaliseScript } from "../../pkgbuild/normal-form/normalise.ts";
import { readPkgbuild } from "../../pkgbuild/recipe.ts";
import { largestRecipe } from "../../workspace/recipe.ts";

/**
 * What of upstream's tree becomes the package's recipe: files, executables, and links that stay within the
 * folder. What isn't upstream's (`.CI`, `.git*`, submodules) isn't taken; the gate has seen it.
 *
 * @throws SluiceError `recipe-path` where a file can't be taken, `recipe-too-large`
 */
export function takeRecipe(pkgbase: string, tree: RecipeFiles): RecipeFile[] {
  const files: RecipeFile[] = [];
  for (const [path, { mode, bytes: content }] of tree) {
    if (isReservedPath(path) || mode === "160000" || (mode === "120000" && leaves(path, content))) continue;
    files.push({ path, mode, content });
  }
  checkPaths(
    pkgbase,
    files.map(({ path }) => path),
  );
  const size = files.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (size <= largestRecipe) return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  throw new SluiceError(
    "recipe-too-large",
    `${pkgbase}: upstream's recipe has ${megabytes(size)} MB, more than the ${megabytes(largestRecipe)} MB that are taken`,
    {
      hint: "Look at it upstream; drop the package if that isn't a mistake.",
      facts: { pkgbase },
      exitCode: 1,
    },
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

function leaves(path: string, target: Uint8Array): boolean {
  const to = Buffer.from(target).toString();
  const resolved = posix.normalize(posix.join(posix.dirname(path), to));
  return to === "" || posix.isAbsolute(to) || resolved === ".." || resolved.startsWith("../");
}

/** SHA-256 of a recipe's files, in hexadecimal: the same recipe has the same on every machine. */
export function digestOfRecipe(files: readonly RecipeFile[]): string {
  const hash = createHash("sha256");
  for (const { path, mode, content } of files) {
    hash.update(`${mode} ${content.byteLength} ${path}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Whether two recipes are the same but for what a formatter does to a PKGBUILD: layout alone is no update. */
export function isSameRecipe(before: readonly RecipeFile[], after: readonly RecipeFile[]): boolean {
  if (before.length !== after.length) return false;
  const old = new Map(before.map((file) => [file.path, file]));
  return after.every((file) => {
    const was = old.get(file.path);
    if (was === undefined || was.mode !== file.mode) return false;
    return (
      Buffer.from(was.content).equals(file.content) ||
      (file.path === "PKGBUILD" && isSameLayoutApart(was.content, file.content))
    );
  });
}

function isSameLayoutApart(before: Uint8Array, after: Uint8Array): boolean {
  const [old, now] = [before, after].map((bytes) => {
    const reading = readPkgbuild(Buffer.from(bytes).toString());
    if (!reading.ok) return undefined;
    const { script, comments } = reading.recipe;
    return JSON.stringify([normaliseScript(script), comments.map(({ text }) => text.trim())]);
  });
  return old !== undefined && old === now;
}
