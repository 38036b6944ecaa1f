import { formatSrcinfo, parseSrcinfo, srcinfoVersion, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { decodeFile } from "../files.ts";
import { derive } from "./derived.ts";
import { metadataOf } from "./metadata.ts";
import { staleIn } from "./stale-in.ts";

/** What a recipe says of its package; undefined where its files don't tell. */
export function recipeSrcinfo(files: RecipeFiles): Srcinfo | undefined {
  const committed = committedIn(files);
  const pkgbuild = textOf(files, "PKGBUILD");
  return pkgbuild === undefined ? committed : metadataOf(derive(pkgbuild), committed).srcinfo;
}

/** `[epoch:]pkgver-pkgrel`, where its files tell. */
export function recipeVersion(files: RecipeFiles): string | undefined {
  const srcinfo = recipeSrcinfo(files);
  return srcinfo && srcinfoVersion(srcinfo);
}

/** The recipe with a `.SRCINFO` that says what the PKGBUILD says; one that isn't stale stays to the byte. */
export function withFreshSrcinfo(files: RecipeFiles, srcinfo: Srcinfo | undefined): RecipeFiles {
  const [committed, pkgbuild] = [committedIn(files), textOf(files, "PKGBUILD")];
  if (!srcinfo || pkgbuild === undefined) return files;
  if (committed && staleIn(pkgbuild, committed).length === 0) return files;
  return new Map([...files, [".SRCINFO", { mode: "100644", bytes: Buffer.from(formatSrcinfo(srcinfo)) }]]);
}

function committedIn(files: RecipeFiles): Srcinfo | undefined {
  const text = textOf(files, ".SRCINFO");
  if (text === undefined) return undefined;
  try {
    const srcinfo = parseSrcinfo(text);
    return srcinfo.packages.length > 0 ? srcinfo : undefined;
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

function textOf(files: RecipeFiles, path: string): string | undefined {
  const file = files.get(path);
  if (!file?.mode.startsWith("100")) return undefined;
  const content = decodeFile(file.bytes);
  return content.kind === "file" ? content.text : undefined;
}
