import { SluiceError } from "../../errors.ts";
import { isVersionText } from "../../gate/versions/version-text.ts";
import { type Edit, literalScalars, setScalar, withEdits } from "../../pkgbuild/edit.ts";
import { evaluate } from "../../pkgbuild/evaluation/evaluate.ts";
import { readPkgbuild, type Recipe } from "../../pkgbuild/recipe.ts";

/** What a recipe is to become. */
export interface VersionChange {
  /** Upstream's version, without the `v` of its tag. */
  readonly version: string;
  /** The full id of the commit that it was made from; taken by recipes that have `_commit`. */
  readonly commit?: string | undefined;
}

/**
 * The recipe with another version: pkgver, or the variable that it is made of (`_pkgver=1.0-rc1`,
 * `pkgver=${_pkgver/-/}`), `_commit` where there is one, and pkgrel 1. Sources follow, checksums don't.
 *
 * @throws SluiceError `version-text` for what isn't a version, `recipe-edit` where the recipe isn't written so
 * that it can be changed in place.
 */
export function setVersion(recipe: Recipe, { version, commit }: VersionChange): Recipe {
  refuseOtherText(version, commit);
  const edits = commitEdits(recipe, commit);
  if (scalar(recipe, "pkgver") !== version) edits.push(versionEdit(recipe, version));
  if (scalar(recipe, "pkgrel") !== "1") edits.push(setScalar(recipe, "pkgrel", "1"));
  const after = reread(withEdits(recipe.text, edits));
  const [pkgver, pkgrel, pinned] = ["pkgver", "pkgrel", "_commit"].map((name) => scalar(after, name));
  if (!isSpelling(pkgver, version) || pkgrel !== "1") {
    throw cannot(`with version ${version} it comes to ${pkgver ?? "?"}-${pkgrel ?? "?"}`);
  }
  if (hasCommit(recipe) && pinned !== commit) throw cannot("_commit doesn't come to the version's commit");
  return after;
}

/** @throws SluiceError `recipe-unreadable` */
export function reread(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (reading.ok) return reading.recipe;
  const { message, line } = reading.problem;
  throw new SluiceError("recipe-unreadable", `The PKGBUILD can't be read without running it: ${message}.`, {
    hint: "Update the package by hand.",
    facts: { path: "PKGBUILD", line },
    exitCode: 1,
  });
}

/** A version becomes part of URLs and of a shell's variable. */
function refuseOtherText(version: string, commit: string | undefined): void {
  const isVersion = isVersionText(version) && /^[A-Za-z0-9]/.test(version) && !version.includes(":");
  if (isVersion && (commit === undefined || /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit))) return;
  const what = isVersion ? "a commit id" : "a version";
  const text = JSON.stringify((isVersion ? commit : version)?.slice(0, 80));
  throw new SluiceError("version-text", `Upstream offers ${text}, which is not ${what}.`, {
    hint: "Have the source look for other tags or texts.",
    exitCode: 1,
  });
}

function versionEdit(recipe: Recipe, version: string): Edit {
  const literals = literalScalars(recipe);
  const isLiteral = literals.includes("pkgver");
  if (isLiteral && version.includes("-")) {
    throw cannot(`pkgver can't hold the hyphen of ${version}, and no variable of the recipe takes it out`);
  }
  const own = recipe.assignments.filter((one) => one.name === "pkgver" && one.function === undefined);
  if (isLiteral || own.length !== 1) return setScalar(recipe, "pkgver", version);
  for (const name of literals.filter((name) => name.startsWith("_") && name !== "_commit").slice(0, 50)) {
    const value = spelledLike(scalar(recipe, name) ?? "", version);
    if (value === undefined) continue;
    const edit = setScalar(recipe, name, value);
    if (isSpelling(scalar(reread(withEdits(recipe.text, [edit])), "pkgver"), version)) return edit;
  }
  throw cannot("pkgver is neither a literal nor made of one variable that is");
}

/** With the old value's prefix, and its separators where it has no dots: `v1_2_0` for 1.2.0. */
function spelledLike(old: string, version: string): string | undefined {
  const [, prefix, rest] = /^(\D{0,30})(\d.*)$/.exec(old) ?? [];
  if (prefix === undefined || rest === undefined) return undefined;
  const [separator] = rest.includes(".") ? [] : (/[_-]/.exec(rest) ?? []);
  return prefix + (separator === undefined ? version : version.replaceAll(".", separator));
}

/** Whether it is this version, but for separators that the recipe replaces. */
function isSpelling(pkgver: string | undefined, version: string): boolean {
  if (pkgver === version) return !version.includes("-");
  if (pkgver === undefined || !isVersionText(pkgver) || /[:-]/.test(pkgver)) return false;
  return withoutSeparators(pkgver) === withoutSeparators(version);
}

function withoutSeparators(version: string): string {
  return version.replaceAll(/[._+~^-]/g, "").toLowerCase();
}

function commitEdits(recipe: Recipe, commit: string | undefined): Edit[] {
  if (!hasCommit(recipe)) return [];
  if (commit === undefined) throw cannot("it has _commit, and the version's commit isn't known");
  return [setScalar(recipe, "_commit", commit)];
}

function hasCommit({ assignments }: Recipe): boolean {
  return assignments.some((one) => one.name === "_commit" && one.function === undefined);
}

function scalar(recipe: Recipe, name: string): string | undefined {
  const value = evaluate(recipe).scalar(name);
  return value?.known ? value.text : undefined;
}

function cannot(reason: string): SluiceError {
  return new SluiceError("recipe-edit", `The PKGBUILD can't be changed in place: ${reason}.`, {
    hint: "Update the package by hand.",
    facts: { path: "PKGBUILD", reason },
    exitCode: 1,
  });
}
