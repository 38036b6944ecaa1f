import type { SecondReadings } from "../code/second-reading-rules.ts";
import { mayRead } from "../inert/inert-files.ts";
import { scriptletsOf } from "../files/scriptlets.ts";
import { decode, type Pkgbuild, readSide, type Side } from "../files/side.ts";
import type { Finding } from "../rules/finding.ts";
import type { RecipeFiles } from "../update.ts";
import { harmlessCode } from "./harmless-code.ts";
import { bringsQuietProgram } from "./quiet-commands.ts";
import { isOwnFunction } from "./own-functions.ts";
import { notQuiet } from "./quiet-scriptlet.ts";
import { usualSignals } from "./usual-commands.ts";
import { isLibraryPath, placedFileReason, usualFileReason } from "./usual-files.ts";
import { allWait } from "./waiting-places.ts";

/**
 * The findings of a first recipe, graded by what is unusual: what many recipes do, and what runs nothing unasked that
 * isn't the package's own, is for a person to read and isn't dangerous. Updates aren't graded so, as there whatever is
 * new is unusual.
 */
export function graded(
  findings: readonly Finding[],
  files: RecipeFiles,
  readings: SecondReadings,
): Finding[] {
  const side = readSide(files);
  const { pkgbuild } = side;
  // Every reason rests on what the script was read as.
  if (!("recipe" in pkgbuild) || !isReadAlike(pkgbuild.text, readings)) return [...findings];
  const reasonOf = reasonsIn({ ...side, pkgbuild }, readings);
  return findings.map((found) => {
    const reason = found.severity === "danger" ? reasonOf(found) : undefined;
    return reason === undefined
      ? found
      : { ...found, severity: "review", message: `${found.message} (${reason})` };
  });
}

type ReasonOf = (found: Finding) => string | undefined;

function reasonsIn(side: Side & { readonly pkgbuild: Pkgbuild }, readings: SecondReadings): ReasonOf {
  const { files, pkgbuild } = side;
  const ofCode = harmlessCode(pkgbuild);
  const scriptlets = scriptletsOf(side);
  const bringsProgram = bringsQuietProgram(pkgbuild.text);
  const isQuiet = (path: string): boolean => {
    const text = textOf(files, path);
    const isRead = text !== undefined && isReadAlike(text, readings) && !isReadByBuild(path, pkgbuild);
    return isRead && !bringsProgram && notQuiet(text) === undefined;
  };
  const ofSignals = reasonsOfSignals(side, isQuiet);
  return ({ rule, file, line, after, message }) => {
    if (file === ".SRCINFO") return rule === "srcinfo-differs" ? "makepkg never reads it" : undefined;
    if (file === undefined) return undefined;
    if (file !== "PKGBUILD") {
      if (scriptlets.has(file) || file.endsWith(".install"))
        return isQuiet(file) && inQuiet.test(rule) ? quietly : undefined;
      return ofFile(side, file, rule, line);
    }
    if (rule === "code-at-reading")
      return ofCode.has(`${line} ${after}`) ? "it only assigns and compares" : undefined;
    if (rule === "scriptlet" && line === undefined) return isQuiet(after ?? "") ? quietly : undefined;
    if (rule === "makepkg-function")
      return isOwnFunction(message) ? "neither a program nor anything of makepkg's is named so" : undefined;
    return ofSignals.get(keyOf(rule, line, after));
  };
}

const quietly = "it only tells something, asks, or refreshes caches";
const inQuiet = /^(?:scriptlet|persistence|package-manager|privilege|container)$/;

function isReadAlike(text: string, readings: SecondReadings): boolean {
  return readings.get(text)?.commands?.every(({ agrees }) => agrees) ?? false;
}

function textOf(files: RecipeFiles, path: string): string | undefined {
  const file = files.get(path);
  return file && file.mode !== "120000" ? decode(file.bytes) : undefined;
}

/** What pacman runs may hold more for whoever else reads it: only `install` may name it. */
function isReadByBuild(path: string, { text }: Pkgbuild): boolean {
  // Many name it among the sources as well, where it only lies beside them.
  const rest = text
    .replaceAll(/^[ \t]*(?:install=|#).*$/gm, "")
    .replaceAll(/^[ \t]*source(?:_\w+)?\+?=\([^)]*\)/gm, "");
  return /\.install\b/.test(rest) || rest.includes(path);
}

function reasonsOfSignals(
  { files, pkgbuild }: Side & { readonly pkgbuild: Pkgbuild },
  isQuiet: (path: string) => boolean,
): Map<string, string | undefined> {
  const reasons = new Map<string, string | undefined>();
  const isUsualFile = (name: string): boolean => {
    const [path, ...others] = [...files.keys()].filter((one) => one.split("/").at(-1) === name);
    const text = path === undefined ? undefined : textOf(files, path);
    return others.length === 0 && text !== undefined && placedFileReason(path!, text) !== undefined;
  };
  const ownLists =
    changesList.test(pkgbuild.text.replaceAll("\\\n", " ")) ||
    [...files.keys()].some((path) => lists.test(path) || patchesList.test(patchIn(files, path)));
  for (const { signal, reason } of usualSignals(pkgbuild, { isQuiet, isUsualFile, ownLists })) {
    const key = keyOf(signal.rule, signal.line, signal.text);
    reasons.set(key, reasons.has(key) && reasons.get(key) === undefined ? undefined : reason);
  }
  return reasons;
}

/** Lists of what to fetch, which else are the source's. */
const lists =
  /(?:^|\/)(?:package(?:-lock)?|npm-shrinkwrap|composer|deno)\.json$|\.lockb?$|lock\.ya?ml$|(?:^|\/)go\.(?:mod|sum)$|requirements[^/]*\.txt$|(?:^|\/)\.?(?:npmrc|yarnrc[^/]*|gitmodules|pip\.conf)$/;

/** A build or a patch that changes such a list names itself what is fetched. */
const list =
  "(?:package(?:-lock)?\\.json|yarn\\.lock|pnpm-lock\\.yaml|requirements[\\w-]*\\.txt|Cargo\\.(?:toml|lock)|go\\.(?:mod|sum)|pyproject\\.toml|setup\\.(?:py|cfg)|Gemfile)";
const changesList = new RegExp(`^.*(?:\\b(?:sed|jq|perl|tee|cp|mv|install|patch|ln)\\b|>).*\\b${list}`, "m");
const patchesList = new RegExp(`^\\+\\+\\+ .*\\b${list}`, "m");

function patchIn(files: RecipeFiles, path: string): string {
  return /\.(?:patch|diff)$/.test(path) ? (textOf(files, path) ?? "") : "";
}

function keyOf(rule: string, line: number | undefined, text: string | undefined): string {
  return `${rule} ${line ?? 0} ${text ?? ""}`;
}

/** Findings in files that are what they are whoever reads them. */
const always =
  /^(?:file-program|file-unreadable|forbidden-path|submodule|link-escapes|hidden-characters|look-alike-\w+|readings-differ)$/;

function ofFile(side: Side, path: string, rule: string, line: number | undefined): string | undefined {
  if (always.test(rule)) return undefined;
  if (!mayRead(path, side)) return "nothing reads it";
  const text = textOf(side.files, path);
  if (text === undefined) return undefined;
  const own = text.split("\n")[(line ?? 0) - 1] ?? "";
  if (rule === "program-orders" && isLibraryPath(own)) return "where its own libraries lie";
  const reason = usualFileReason(path, text);
  if (rule === "file-system") return reason;
  if (rule !== "persistence") return undefined;
  if (reason !== undefined && /^\s*[#;]/.test(own)) return reason;
  if (/\bsystemctl\b/.test(own)) return undefined;
  return reason ?? (allWait(own) ? "it waits until it's asked for" : undefined);
}
