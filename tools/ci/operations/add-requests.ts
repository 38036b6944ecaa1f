import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { readPackageConfig } from "../../workspace/config/config.ts";
import { editConfigFile } from "../../workspace/config/config-file.ts";

/** A package that somebody wants to have in the workspace. */
export interface AddRequest {
  readonly pkgbase: string;
  /** What CI_PKGBUILD_SOURCE is to be: `aur`, or a Git URL. */
  readonly source: string;
}

/**
 * Reads `PKGBASE/SOURCE`: `paru/aur`, `foo/https://example.org/foo.git`.
 *
 * @param present names of folders that are there already
 * @throws SluiceError `usage` listing everything that is wrong with any of them
 */
export function readAddRequests(texts: readonly string[], present: ReadonlySet<string>): AddRequest[] {
  const requests = new Map<string, AddRequest>();
  const wrong: string[] = [];
  for (const text of texts) {
    const slash = text.indexOf("/");
    const [pkgbase, source] = slash === -1 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
    const why = whyWrong(pkgbase, source, present) ?? whyTwice(source, requests.get(pkgbase));
    if (why === undefined) requests.set(pkgbase, { pkgbase, source });
    else wrong.push(`${JSON.stringify(withoutCredentials(text))}: ${why}`);
  }
  if (wrong.length === 0) return [...requests.values()];
  throw new SluiceError("usage", wrong.join("\n"), {
    hint: "Nothing was done. Name each as PKGBASE/SOURCE: paru/aur, foo/https://example.org/foo.git",
  });
}

function whyWrong(pkgbase: string, source: string, present: ReadonlySet<string>): string | undefined {
  if (!isPkgbase(pkgbase)) return `${JSON.stringify(pkgbase)} is no package name`;
  if (present.has(pkgbase)) return `${pkgbase} exists already`;
  if (source === "") return "it doesn't say where the recipe comes from";
  if (/^(?:gitlab|github):/.test(source)) {
    return "this kind of source changes a recipe that is there; commit the recipe with this CI_PKGBUILD_SOURCE by hand";
  }
  if (source !== withoutCredentials(source))
    return "its address has credentials in it, which anybody could read";
  const { config, problems } = readPackageConfig({ kind: "file", text: packageConfig(source) });
  const isUnderstood = config.CI_PKGBUILD_SOURCE === source && problems.length === 0 && source !== "custom";
  return isUnderstood ? undefined : `${JSON.stringify(source)} is neither aur nor a Git URL`;
}

function whyTwice(source: string, before: AddRequest | undefined): string | undefined {
  return before && before.source !== source ? `it is to come from ${before.source}, too` : undefined;
}

function withoutCredentials(text: string): string {
  return text.replace(/(https?:\/\/)[^/@]*@/g, "$1");
}

/** The text of a new package's `.CI/config`. */
export function packageConfig(source: string): string {
  return /[\n\r\0]/.test(source) ? "" : editConfigFile("", "CI_PKGBUILD_SOURCE", source);
}

/** The text of `.CI/info`, which says who asked for a package and why; undefined where nobody said. */
export function packageInfo(origin: string | undefined, reason: string | undefined): string | undefined {
  const entries = [
    ["REQ_ORIGIN", oneLine(origin)],
    // What the form sends where nobody filled it in.
    ["REQ_REASON", reason === "unset" ? "" : oneLine(reason)],
  ] as const;
  const text = entries.reduce((so, [key, value]) => (value === "" ? so : editConfigFile(so, key, value)), "");
  return text === "" ? undefined : text;
}

function oneLine(text = ""): string {
  return text
    .replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, " ")
    .trim()
    .slice(0, 500);
}
