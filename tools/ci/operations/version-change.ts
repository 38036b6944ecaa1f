import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { formatVersion, parseVersion } from "../../alpm/version.ts";
import { clipped, inertMessage } from "../../gate/review/inert.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { recipeVersion } from "../../workspace/metadata/recipe-srcinfo.ts";
import type { Package } from "../../workspace/workspace.ts";

/** `1.2 → 1.3`; with pkgrel where nothing else changed. */
export function versionChange({ srcinfo }: Pick<Package, "srcinfo">, after: RecipeFiles): string {
  const [was, is] = [srcinfo && srcinfoVersion(srcinfo), recipeVersion(after)];
  const [short, shorter] = [was, is].map((version) => version && withoutPkgrel(version));
  const [before, now] = short === shorter ? [was, is] : [short, shorter];
  const [old, next] = [before, now].map((version) => inertMessage(clipped(version ?? "unknown", 80)));
  return old === next ? `${next} with another recipe` : `${old} → ${next}`;
}

function withoutPkgrel(version: string): string {
  const { epoch, pkgver } = parseVersion(version);
  return formatVersion({ epoch, pkgver });
}
