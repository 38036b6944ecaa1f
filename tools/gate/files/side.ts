import { parseSrcinfo, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { evaluate, type Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import { normaliseScript } from "../../pkgbuild/normal-form/normalise.ts";
import { readPkgbuild, type Recipe } from "../../pkgbuild/recipe.ts";
import type { RecipeFiles } from "../update.ts";

export interface Problem {
  readonly message: string;
  readonly line?: number;
}

type Read<Content> = Content | { readonly problem: Problem };

/** One side of an update, read as far as it can be. */
export interface Side {
  readonly files: RecipeFiles;
  readonly pkgbuild: Read<Pkgbuild>;
  /** Undefined where there is no such file. */
  readonly srcinfo: Read<{ readonly srcinfo: Srcinfo }> | undefined;
}

export interface Pkgbuild {
  readonly text: string;
  readonly recipe: Recipe;
  /** All of it in normal form: equal where bash reads the same. */
  readonly normal: string;
  /** The recipe's files; none for a text alone. */
  readonly files: RecipeFiles;
  evaluation(carch?: string): Evaluation;
}

export function readSide(files: RecipeFiles): Side {
  return { files, pkgbuild: readRecipe(files), srcinfo: readSrcinfo(files) };
}

/** The file's text; undefined where it isn't UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** @throws SluiceError never: what can't be read is a problem of the side. */
export function readPkgbuildText(text: string, files: RecipeFiles = new Map()): Read<Pkgbuild> {
  const reading = readPkgbuild(text);
  if (!reading.ok) return { problem: reading.problem };
  const { recipe } = reading;
  let normal: string | undefined;
  return {
    text,
    recipe,
    files,
    get normal() {
      return (normal ??= normaliseScript(recipe.script));
    },
    evaluation: (carch) => evaluate(recipe, carch === undefined ? {} : { carch }),
  };
}

function readRecipe(files: RecipeFiles): Read<Pkgbuild> {
  const file = files.get("PKGBUILD");
  if (!file) return { problem: { message: "there is none" } };
  if (file.mode === "120000") return { problem: { message: "it is a symbolic link" } };
  const text = decode(file.bytes);
  return text === undefined ? { problem: { message: "it isn't UTF-8" } } : readPkgbuildText(text, files);
}

function readSrcinfo(files: RecipeFiles): Side["srcinfo"] {
  const file = files.get(".SRCINFO");
  if (!file) return undefined;
  const text = file.mode === "120000" ? undefined : decode(file.bytes);
  if (text === undefined) return { problem: { message: "it isn't a file of UTF-8 text" } };
  try {
    return { srcinfo: parseSrcinfo(text) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { line } = error.facts;
    return { problem: { message: error.message, ...(typeof line === "number" && { line }) } };
  }
}
