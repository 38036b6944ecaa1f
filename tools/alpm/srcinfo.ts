import { SluiceError } from "../errors.ts";
import { isPkgbase } from "./names.ts";

/** Field name (with its architecture suffix, if any) → values in the order of the file; none: emptied. */
export type SrcinfoFields = ReadonlyMap<string, readonly string[]>;

/** A parsed `.SRCINFO`: the `pkgbase` section and one section per `pkgname`, fields as they stand there. */
export interface Srcinfo {
  /** Empty where the file has no sections at all. */
  readonly pkgbase: string;
  readonly base: SrcinfoFields;
  readonly packages: readonly SrcinfoPackage[];
}

export interface SrcinfoPackage {
  readonly pkgname: string;
  /** What this section says itself; what it doesn't mention it inherits from `base`. */
  readonly fields: SrcinfoFields;
}

/** Fields that hold one value; every other field holds a list. */
const singleValued = new Set(["pkgver", "pkgrel", "epoch", "pkgdesc", "url", "install", "changelog"]);

/**
 * Parses a `.SRCINFO` as specified in https://wiki.archlinux.org/title/.SRCINFO and written by
 * `makepkg --printsrcinfo`: `key = value` lines, a `pkgbase` section, then `pkgname` sections. Unknown
 * fields are kept. An empty value empties an inherited field.
 *
 * @throws SluiceError `srcinfo-syntax` with the facts `line` and `column`, both counted from 1.
 */
export function parseSrcinfo(text: string, path = ".SRCINFO"): Srcinfo {
  const base = new Map<string, string[]>();
  const packages: { pkgname: string; fields: Map<string, string[]> }[] = [];
  const pkgnames = new Set<string>();
  let pkgbase: string | undefined;
  let section = base;

  refuseControlCharacters(text, path);
  for (let next = 0; next < text.length;) {
    let end = text.indexOf("\n", next);
    if (end === -1) end = text.length;
    const start = skipBlanks(text, next, end);
    next = end + 1;
    if (start === end || text[start] === "#") continue;

    const equals = text.indexOf("=", start);
    if (equals === -1 || equals > end) throw syntaxError("expected `key = value`", path, text, start);
    const key = text.slice(start, backOverBlanks(text, start, equals));
    const valueStart = skipBlanks(text, equals + 1, end);
    const value = text.slice(valueStart, backOverBlanks(text, valueStart, end));
    const problem = add(key, value);
    if (problem !== undefined) throw syntaxError(problem, path, text, start);
  }
  return { pkgbase: pkgbase ?? "", base, packages };

  /** Returns what is wrong with the line, if anything is. */
  function add(key: string, value: string): string | undefined {
    if (key === "pkgbase") {
      if (pkgbase !== undefined) return "a second pkgbase";
      if (value === "") return "pkgbase has no value";
      if (!isPkgbase(value)) return notAName(value);
      pkgbase = value;
    } else if (pkgbase === undefined) {
      return `\`${key.slice(0, 60)}\` comes before pkgbase`;
    } else if (key === "pkgname") {
      if (value === "") return "pkgname has no value";
      if (!isPkgbase(value)) return notAName(value);
      if (pkgnames.has(value)) return `a second section for ${value}`;
      pkgnames.add(value);
      section = new Map();
      packages.push({ pkgname: value, fields: section });
    } else {
      const values = section.get(key);
      if (values === undefined) {
        if (!isFieldName(key)) return `\`${key.slice(0, 60)}\` is not a field name`;
        section.set(key, value === "" ? [] : [value]);
      } else if (singleValued.has(key)) {
        return `\`${key}\` is given twice in one section`;
      } else if (value !== "") {
        values.push(value);
      }
    }
    return undefined;
  }
}

/**
 * What a package has in one field: its own values, or those it inherits where its section doesn't mention
 * the field. `field` is literal: `depends` and `depends_x86_64` are two fields, overridden separately.
 */
export function effectiveValues(srcinfo: Srcinfo, pkg: SrcinfoPackage, field: string): readonly string[] {
  return pkg.fields.get(field) ?? srcinfo.base.get(field) ?? [];
}

/** A field's first value in the pkgbase section: `baseValue(srcinfo, "pkgver")`. */
export function baseValue(srcinfo: Srcinfo, field: string): string | undefined {
  return srcinfo.base.get(field)?.[0];
}

/** The full version `[epoch:]pkgver-pkgrel`, or undefined where the file lacks pkgver or pkgrel. */
export function srcinfoVersion(srcinfo: Srcinfo): string | undefined {
  const [epoch, pkgver, pkgrel] = ["epoch", "pkgver", "pkgrel"].map((field) => baseValue(srcinfo, field));
  if (!pkgver || !pkgrel) return undefined;
  return `${epoch && epoch !== "0" ? `${epoch}:` : ""}${pkgver}-${pkgrel}`;
}

/** Writes the form that `makepkg --printsrcinfo` writes; fields keep the order they have in the maps. */
export function formatSrcinfo(srcinfo: Srcinfo): string {
  if (srcinfo.pkgbase === "") return "";
  const sections = [
    ["pkgbase", srcinfo.pkgbase, srcinfo.base] as const,
    ...srcinfo.packages.map(({ pkgname, fields }) => ["pkgname", pkgname, fields] as const),
  ];
  return sections.map(([key, name, fields]) => `${key} = ${name}\n${formatFields(fields)}`).join("\n");
}

/** What keeps a parsed `.SRCINFO` from describing a package; empty for a complete one. */
export function missingParts({ pkgbase, base, packages }: Srcinfo): string[] {
  if (pkgbase === "") return ["it is empty"];
  const missing = ["pkgver", "pkgrel", "arch"].filter((field) => !base.get(field)?.length);
  if (packages.length === 0) missing.push("pkgname");
  return missing.map((field) => `it has no ${field}`);
}

function formatFields(fields: SrcinfoFields): string {
  let text = "";
  for (const [field, values] of fields) {
    for (const value of values) text += `\t${field} = ${value}\n`;
    if (values.length === 0) text += `\t${field} = \n`;
  }
  return text;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function backOverBlanks(text: string, start: number, from: number): number {
  let at = from;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

/** Space, tab, and the carriage return of a DOS line end. */
function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

function notAName(value: string): string {
  return `\`${value.slice(0, 60)}\` is not a package name`;
}

function isFieldName(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key);
}

/** Control characters but tab would let a value look different on a terminal from what it is. */
function refuseControlCharacters(text: string, path: string): void {
  const at = text.search(/[^\P{Cc}\t\n\r]|\r(?!\n)/u);
  if (at !== -1) throw syntaxError("a control character", path, text, at);
}

function syntaxError(message: string, path: string, text: string, at: number): SluiceError {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(0, lineStart).split("\n").length;
  const column = at - lineStart + 1;
  return new SluiceError("srcinfo-syntax", `${path}:${line}:${column}: ${message}`, {
    hint: "Write it again with: makepkg --printsrcinfo > .SRCINFO",
    facts: { path, line, column },
  });
}
