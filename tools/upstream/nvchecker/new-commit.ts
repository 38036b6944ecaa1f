import { formatSrcinfo, parseSrcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { decode } from "../../gate/files/side.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Http } from "../../http/http.ts";
import { setScalar, withEdits } from "../../pkgbuild/edit.ts";
import { evaluate } from "../../pkgbuild/evaluation/evaluate.ts";
import { newVersion } from "../new-version/new-version.ts";
import { reread } from "../new-version/set-version.ts";

/**
 * The recipe with another `_commit`; undefined where it has this one. pkgver stays, for a commit id isn't a version
 * that pacman can compare, so pkgrel grows.
 *
 * @throws SluiceError as `newVersion` does, and `recipe-edit` where the recipe has no `_commit`, or no plain pkgrel.
 */
export async function newCommit(
  recipe: RecipeFiles,
  commit: string,
  ports: { readonly http: Http },
): Promise<RecipeFiles | undefined> {
  const before = evaluate(reread(textOf(recipe, "PKGBUILD")));
  const [pinned, pkgver, pkgrel] = ["_commit", "pkgver", "pkgrel"].map((name) => before.scalar(name));
  if (!pinned?.known) throw cannot("a commit id is no version, and the recipe has no _commit to put it into");
  if (pinned.text === commit) return undefined;
  if (!pkgver?.known || !pkgrel?.known || !/^\d{1,9}$/.test(pkgrel.text))
    throw cannot("its pkgrel isn't a plain number");
  const next = String(Number(pkgrel.text) + 1);

  const after = await newVersion(recipe, { version: pkgver.text, commit }, ports);
  const pkgbuild = reread(textOf(after, "PKGBUILD"));
  const srcinfo = parseSrcinfo(textOf(after, ".SRCINFO"));
  const base = new Map([...srcinfo.base, ["pkgrel", [next]]]);
  return new Map([
    ...after,
    ...replaced(after, "PKGBUILD", withEdits(pkgbuild.text, [setScalar(pkgbuild, "pkgrel", next)])),
    ...replaced(after, ".SRCINFO", formatSrcinfo({ ...srcinfo, base })),
  ]);
}

function textOf(recipe: RecipeFiles, path: string): string {
  const file = recipe.get(path);
  const text = file && decode(file.bytes);
  if (text === undefined) throw cannot(`its ${path} isn't UTF-8 text`);
  return text;
}

function replaced(recipe: RecipeFiles, path: string, text: string): RecipeFiles {
  return new Map([[path, { mode: recipe.get(path)?.mode ?? "100644", bytes: Buffer.from(text) }]]);
}

function cannot(reason: string): SluiceError {
  return new SluiceError("recipe-edit", `The PKGBUILD can't follow upstream's newest commit: ${reason}.`, {
    hint: "Have nvchecker.toml look for versions, or pin the source with _commit.",
    facts: { path: "PKGBUILD", reason },
    exitCode: 1,
  });
}
