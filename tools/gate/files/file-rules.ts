import { differsForPeopleAlone } from "../code/comment-forms.ts";
import { judgeCharacters } from "../code/character-rules.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { isProgram } from "../known/file-formats.ts";
import { startingContent, startingFile } from "../known/starting-places.ts";
import { judgePatch } from "./patch-rules.ts";
import { canBeCheckedOut, filesUsedAsFolders, invisibleCharacter } from "./recipe-path.ts";
import { isShellScript } from "./scripts.ts";
import { judgeReadings, readAlike, type SecondReadings } from "../code/second-reading-rules.ts";
import { decode, readPkgbuildText } from "./side.ts";
import { judgeScript, judgeText } from "../commands/signal-rules.ts";
import type { RecipeFile, RecipeFiles } from "../update.ts";
import { scriptletRules } from "./scriptlets.ts";

export const fileRules = {
  "file-added": {
    severity: "review",
    says: "a new file",
    protects: "Whatever the build takes is read by a person.",
  },
  "file-changed": {
    severity: "review",
    says: "a file changed",
    protects: "Whatever the build takes is read by a person.",
  },
  "file-removed": {
    severity: "review",
    says: "a file is gone",
    protects: "A patch or a check may go with it.",
  },
  "file-mode": {
    severity: "review",
    says: "a file's mode changed",
    protects: "What is executable can be run.",
  },
  "symbolic-link": {
    severity: "review",
    says: "a new or changed symbolic link",
    protects: "What it points at is used in its place.",
  },
  "file-program": {
    severity: "danger",
    says: "a compiled program or an archive among the recipe's files",
    protects: "Nobody can read it.",
  },
  "file-unreadable": {
    severity: "danger",
    says: "a new or changed file that isn't plain text",
    protects: "What isn't UTF-8, or holds NUL or invisible characters, isn't what a reader sees.",
  },
  "file-system": {
    severity: "danger",
    says: "a new or changed service, timer, hook or system setting",
    protects: "It runs on users' machines without being asked.",
  },
  "forbidden-path": {
    severity: "danger",
    says: "a path that no recipe may bring",
    protects: "A recipe's .CI and .git files would configure this repository.",
  },
  submodule: {
    severity: "danger",
    says: "a submodule",
    protects: "Its content is elsewhere and can't be judged.",
  },
  "link-escapes": {
    severity: "danger",
    says: "a symbolic link that leaves the recipe's folder",
    protects: "It would read or write the builder's files.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...fileRules, ...scriptletRules });

/** Paths of files that aren't the same on both sides. */
export function changedPaths(before: RecipeFiles, after: RecipeFiles): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => !isSameFile(before.get(path), after.get(path))).sort();
}

function isSameFile(before: RecipeFile | undefined, after: RecipeFile | undefined): boolean {
  if (!before || !after || before.mode !== after.mode) return false;
  return before.bytes === after.bytes || isSameBytes(before.bytes, after.bytes);
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

interface Files {
  readonly isFirst: boolean;
  readonly readings: SecondReadings;
}

interface FileUse extends Files {
  /** It is, or may become, what packages run when they're installed. */
  readonly isScriptlet: boolean;
  /** A package runs it: pacman alone reads it, as bash. */
  readonly isNamed: boolean;
}

/** Everything beside PKGBUILD and .SRCINFO. `scriptlets`: files that some package names as `install`. */
export function judgeFiles(
  before: RecipeFiles,
  after: RecipeFiles,
  { isFirst, scriptlets, readings }: Files & { scriptlets: ReadonlyMap<string, unknown> },
): Finding[] {
  const findings = [...after].flatMap(([path, file]) =>
    isSameFile(before.get(path), file) ? [] : ofPath(path, file),
  );
  for (const path of filesUsedAsFolders(after.keys())) {
    findings.push(finding("forbidden-path", `${JSON.stringify(path)}, a file and a folder`, { file: path }));
  }
  for (const path of changedPaths(before, after)) {
    const [old, now] = [before.get(path), after.get(path)];
    findings.push(...ofMode(path, old, now));
    if (path === "PKGBUILD" || path === ".SRCINFO") continue;
    if (!now) findings.push(finding("file-removed", path, { file: path }));
    else if (now.mode === "100644" || now.mode === "100755") {
      const isNamed = scriptlets.has(path);
      const isScriptlet = isNamed || path.endsWith(".install");
      const found = ofContent(path, old, now, { isFirst, readings, isScriptlet, isNamed });
      findings.push(...found.slice(0, mostOfOneFile));
    }
  }
  return findings;
}

/** A file may break rules in every line; nobody reads more of them. */
const mostOfOneFile = 1_000;

function ofPath(path: string, { mode, bytes }: RecipeFile): Finding[] {
  const steps = path.split("/");
  const place = { file: path };
  if (mode === "160000") return [finding("submodule", path, place)];
  const forbidden = steps.some(
    (step) => /^\.ci$/i.test(step) || (/^\.git/i.test(step) && step !== ".gitignore"),
  );
  const strange =
    steps.some((step) => step === "" || step === "." || step === "..") ||
    /[\p{Cc}\p{Bidi_Control}\\]/u.test(path) ||
    invisibleCharacter.test(path) ||
    !canBeCheckedOut(path);
  if (forbidden || strange) return [finding("forbidden-path", JSON.stringify(path), place)];
  if (mode === "120000" && leavesFolder(path, decode(bytes) ?? "/"))
    return [finding("link-escapes", path, place)];
  return [];
}

/** Whether a symbolic link at that path, or what it leads to, has no business in a recipe. */
export function leavesFolder(path: string, target: string): boolean {
  if (target.startsWith("/") || target === "" || /[\p{Cc}\\]/u.test(target)) return true;
  let depth = path.split("/").length - 1;
  for (const step of target.split("/")) {
    if (step === "..") depth -= 1;
    else if (step !== "" && step !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return target.split("/").some((step) => /^\.(?:ci|git)/i.test(step));
}

function ofMode(path: string, old: RecipeFile | undefined, now: RecipeFile | undefined): Finding[] {
  const place = { file: path, ...(old && { before: old.mode }), ...(now && { after: now.mode }) };
  if (now?.mode === "120000") return [finding("symbolic-link", path, place)];
  return old && now && old.mode !== now.mode
    ? [finding("file-mode", `${path} from ${old.mode} to ${now.mode}`, place)]
    : [];
}

function ofContent(path: string, old: RecipeFile | undefined, now: RecipeFile, use: FileUse): Finding[] {
  if (old && isSameBytes(old.bytes, now.bytes)) return [];
  const place = { file: path };
  const [was, is] = [old && old.mode !== "120000" ? decode(old.bytes) : undefined, decode(now.bytes)];
  const added = old ? "file-changed" : "file-added";
  if (isProgram(now.bytes)) return [finding("file-program", path, place)];
  if (is === undefined || is.includes("\0"))
    return use.isFirst && !use.isScriptlet
      ? []
      : [finding(added, path, place), finding("file-unreadable", path, place)];
  const unseen = use.isFirst ? undefined : invisibleCharacter.exec(withoutEmoji(is))?.[0];
  if (unseen !== undefined) {
    const code = unseen.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0") ?? "";
    return [...ofText(path, old, was, is, use), finding("file-unreadable", `${path} holds U+${code}`, place)];
  }
  return ofText(path, old, was, is, use);
}

/** Pictures of several characters are joined by such ones. */
function withoutEmoji(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text)
    ? text
    : text.replaceAll(/(?!\p{ASCII})\p{Emoji}\uFE0F?(?:\u200D\p{Emoji}\uFE0F?)*|[#*\d]\uFE0F\u20E3/gu, "");
}

function ofText(
  path: string,
  old: RecipeFile | undefined,
  was: string | undefined,
  is: string,
  { isFirst, isScriptlet, isNamed, readings }: FileUse,
): Finding[] {
  const place = { file: path };
  const bytes = new TextEncoder().encode(is);
  if (isScriptlet) {
    if (was !== undefined && isNamed && sameScript(was, is, readings)) {
      // libalpm looks for functions in pieces of 1,023 bytes, and a scriptlet can read itself.
      const isSame = differsForPeopleAlone(was, is);
      return [
        ...judgeCharacters(path, was, is),
        ...(isSame ? [] : [finding("file-changed", path, { ...place, before: was, after: is })]),
      ];
    }
    return [
      finding("scriptlet", path, { ...place, ...(was !== undefined && { before: was }), after: is }),
      ...judgeScript(path, old?.bytes, bytes),
    ];
  }
  const findings = isFirst
    ? []
    : [
        finding(old ? "file-changed" : "file-added", path, {
          ...place,
          ...(was !== undefined && { before: was }),
          after: is,
        }),
      ];
  if (startingFile.test(path) || startingContent.test(is)) findings.push(finding("file-system", path, place));
  if (/\.(?:patch|diff)$/.test(path) || /^(?:---|\+\+\+|\*\*\*) \S/m.test(is))
    return [...findings, ...judgePatch(path, was ?? "", is)];
  const isShell = isShellScript(path, is);
  return [
    ...findings,
    ...(isShell ? judgeScript(path, old?.bytes, bytes) : judgeText(path, was ?? "", is)),
    ...(isShell && "recipe" in readPkgbuildText(is) ? judgeReadings(path, was, is, readings) : []),
  ];
}

/** Comments and layout are nothing that runs: both readings have to find nothing else. */
function sameScript(before: string, after: string, readings: SecondReadings): boolean {
  const [old, now] = [readPkgbuildText(before), readPkgbuildText(after)];
  if (interpreterOf(before) !== interpreterOf(after)) return false;
  const isSame = "recipe" in old && "recipe" in now && old.normal === now.normal;
  return (
    isSame && readAlike(before, after, readings) && judgeReadings("", before, after, readings).length === 0
  );
}

/** A first line that chooses who runs it is more than a comment. */
function interpreterOf(script: string): string {
  return /^#!.*/.exec(script)?.[0] ?? "";
}
