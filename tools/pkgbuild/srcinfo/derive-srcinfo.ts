import type { Srcinfo, SrcinfoFields } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { evaluate, type EvaluateOptions } from "../evaluation/evaluate.ts";
import { expectedSrcinfo, type Section } from "./expected-srcinfo.ts";
import type { Recipe } from "../recipe.ts";
import type { Unknown, Value } from "../evaluation/values.ts";

/**
 * The `.SRCINFO` that `makepkg --printsrcinfo` would write for the recipe, without running anything.
 *
 * @throws SluiceError `srcinfo-unknown` where only running the recipe would tell what stands in a field.
 */
export function deriveSrcinfo(recipe: Recipe, options: EvaluateOptions = {}): Srcinfo {
  const { pkgbase, base, packages } = expectedSrcinfo(evaluate(recipe, options));
  if (!pkgbase) throw unknown("pkgname", { reason: "it isn't set", line: 1 });
  if (!packages) throw unknown("pkgname", { reason: "its list isn't known", line: 1 });
  return {
    pkgbase: textOf("pkgbase", pkgbase),
    base: fieldsOf(base),
    packages: [...packages].map(([pkgname, section]) => ({ pkgname, fields: fieldsOf(section) })),
  };
}

function fieldsOf(section: Section): SrcinfoFields {
  const fields = new Map<string, readonly string[]>();
  for (const [field, values] of section) {
    if ("known" in values) throw unknown(field, values);
    fields.set(
      field,
      values.map((value) => textOf(field, value)),
    );
  }
  return fields;
}

function textOf(field: string, value: Value): string {
  if (!value.known) throw unknown(field, value);
  return value.text;
}

function unknown(field: string, { reason, line }: Pick<Unknown, "reason" | "line">): SluiceError {
  return new SluiceError("srcinfo-unknown", `What .SRCINFO says in ${field} can't be derived: ${reason}.`, {
    hint: "Change the package by hand and write it with: makepkg --printsrcinfo > .SRCINFO",
    facts: { path: "PKGBUILD", field, line, reason },
    exitCode: 1,
  });
}
