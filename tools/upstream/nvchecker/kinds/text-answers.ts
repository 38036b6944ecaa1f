import { type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";

/** The newest version of a Go module, as pkg.go.dev lists them: for people, in HTML. */
export async function askGo(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const module = requiredOption(entry, "go").split("/").map(encodeURIComponent).join("/");
  return await firstMatch(
    asking,
    `https://pkg.go.dev/${module}?tab=versions`,
    /<div[^>]*\bclass="Version-tag"[^>]*>\s*<a\b[^>]*>\s*([^<\s]+)\s*<\/a>/,
  );
}

/** A package's DESCRIPTION on CRAN, in the form of Debian's control files. https://cran.r-project.org */
export async function askCran(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const name = encodeURIComponent(textOption(entry, "cran") || entry.name);
  return await firstMatch(
    asking,
    `https://cran.r-project.org/package=${name}/DESCRIPTION`,
    /^Version: *(\S+)\s*$/m,
  );
}

async function firstMatch(asking: Asking, url: string, pattern: RegExp): Promise<Found> {
  const { body } = await asking.page(url, {});
  const version = pattern.exec(body.toString("utf8"))?.[1];
  if (version !== undefined) return { version };
  throw answerError(url, "tells no version");
}
