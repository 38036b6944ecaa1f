import type { Finding } from "../rules/finding.ts";
import { decode, readSide } from "../files/side.ts";
import { scriptletsOf } from "../files/scriptlets.ts";
import { mayRead } from "../files/inert-files.ts";
import type { RecipeFiles } from "../update.ts";
import type { SecondReadings } from "../code/second-reading-rules.ts";
import { harmlessCode } from "./harmless-code.ts";
import { notQuiet } from "./quiet-scriptlet.ts";
import { usualSignals } from "./usual-commands.ts";
import { allWait } from "./waiting-places.ts";
import { usualFileReason } from "./usual-files.ts";

export function graded(findings: readonly Finding[], files: RecipeFiles, readings: SecondReadings): Finding[] {
  const side = readSide(files);
  if (!("recipe" in side.pkgbuild)) return [...findings];
  const { pkgbuild } = side;
  const scriptlets = scriptletsOf(side);
  const quiet = (path: string): boolean => {
    const file = files.get(path);
    const text = file && decode(file.bytes);
    return text !== undefined && (readings.get(text)?.commands?.every(({ agrees }) => agrees) ?? false) && notQuiet(text) === undefined;
  };
  const isUsualFile = (name: string): boolean => {
    const own = [...files].filter(([path]) => path.split("/").at(-1) === name);
    return own.length === 1 && own.every(([path, { bytes }]) => usualFileReason(path, decode(bytes) ?? "\0") !== undefined);
  };
  const reasons = new Map<string, string | undefined>();
  for (const { signal: { rule, line, text }, reason } of usualSignals(pkgbuild, quiet, isUsualFile)) {
    const key = keyOf(rule, line, text);
    reasons.set(key, reasons.has(key) && reasons.get(key) === undefined ? undefined : reason);
  }
  const harmless = harmlessCode(pkgbuild);
  const reasonOf = (found: Finding): string | undefined => {
    const { rule, file, line, after } = found;
    if (file === "PKGBUILD") {
      if (rule === "code-at-reading") return harmless.has(`${line} ${after}`) ? "it only assigns and compares" : undefined;
      if (rule === "scriptlet" && line === undefined) return quiet(after ?? "") ? quietly : undefined;
      if (rule === "makepkg-function") return isOwnFunction(found.message) ? "no program and nothing of makepkg's is named so" : undefined;
      return reasons.get(keyOf(rule, line ?? 0, after ?? ""));
    }
    if (file === ".SRCINFO") return rule === "srcinfo-differs" ? "makepkg never reads it" : undefined;
    if (file === undefined) return undefined;
    const isScriptlet = scriptlets.has(file);
    if ((isScriptlet || file.endsWith(".install")) && quiet(file)) return /^(?:scriptlet|persistence|package-manager|privilege|container)$/.test(rule) ? quietly : undefined;
    if (isScriptlet) return undefined;
    if (!/^(?:file-program|file-unreadable|forbidden-path|submodule|link-escapes|hidden-characters|look-alike.*|readings-differ)$/.test(rule) && !mayRead(file, side)) return "nothing reads it";
    const text = decode(files.get(file)?.bytes ?? new Uint8Array());
    if (text === undefined) return undefined;
    const reason = usualFileReason(file, text);
    const at = text.split("\n")[(line ?? 0) - 1] ?? "";
    if (rule === "program-orders" && startsOnly(at)) return "where its own libraries lie";
    if (rule === "file-system") return reason;
    if (rule === "persistence" && (reason !== undefined || allWait(at)) && !/\bsystemctl\b/.test(at)) return reason ?? "it waits until it's asked for";
    if (reason !== undefined && rule === "persistence" && /^\s*[#;]/.test(at)) return reason;
    return undefined;
  };
  return findings.map((found) => {
    const reason = found.severity === "danger" ? reasonOf(found) : undefined;
    return reason === undefined ? found : { ...found, severity: "review", message: `${found.message} (${reason})` };
  });
}

const quietly = "it only tells something, asks, or refreshes caches";

function keyOf(rule: string, line: number, text: string): string {
  return `${rule} ${line} ${text}`;
}

function startsOnly(line: string): boolean {
  return /^\s*export LD_LIBRARY_PATH="?(?:(?:\/(?:opt|usr\/(?:lib|share))\/[\w.+@/-]+|\$\{?_?[A-Z]\w*\}?(?:\/[\w.+@/-]+)?):?)+"?$/.test(line);
}

function isOwnFunction(message: string): boolean {
  const [, name = ""] = /: (\w+)\(\)$/.exec(message) ?? [];
  return /[a-z]_[a-z]/.test(name) && !makepkgs.test(name);
}
const makepkgs = /^(?:post|pre|array|ask|backup|build|canonicalize|cd|check|clean|compress|create_(?:debug_)?(?:package|srcpackage|signature)|dir|download|enter|ensure|executable|exists|extract_(?:bzr|file|fossil|git|global|hg|sources|svn|function)|find_lib|generate|get_(?:all|compression|downloadclient|filename|filepath|full|integlist|pkg|pkgbuild|protocol|uri|url|vcsclient)|grep|handle|have|in|install|is|lint|list|load|merge|missing|parse|pkgbuild|prepare|print|remove|resolve|restore|run|source|srcinfo|strip|tidy|trap|update|verify|warn|write|error|plain|msg|command)(?:_|$)/;
