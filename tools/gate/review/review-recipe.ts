import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { readSide } from "../files/side.ts";
import type { RecipeFiles } from "../update.ts";
import { printed, versionOf } from "../versions/version-rules.ts";

/** What a reviewer reads about one side of an update. */
export interface RecipeSummary {
  /** `[epoch:]pkgver-pkgrel`, of the PKGBUILD or, where that doesn't tell, of .SRCINFO. */
  readonly version: string | undefined;
  /** All sources as evaluated, for any architecture; those that aren't known are left out. */
  readonly sources: readonly string[];
}

export function summarise(files: RecipeFiles): RecipeSummary {
  const { pkgbuild, srcinfo } = readSide(files);
  const recorded = srcinfo && "srcinfo" in srcinfo ? srcinfoVersion(srcinfo.srcinfo) : undefined;
  if ("problem" in pkgbuild) return { version: recorded, sources: [] };
  const written = versionOf(pkgbuild);
  const evaluation = pkgbuild.evaluation("x86_64");
  const sources = evaluation.names
    .filter((name) => /^source(?:_|$)/.test(name))
    .flatMap((name) => {
      const list = evaluation.list(name);
      if (list === undefined || "known" in list) return [];
      return list.flatMap((value) => (value.known ? [value.text] : []));
    });
  return { version: written ? printed(written) : recorded, sources };
}
