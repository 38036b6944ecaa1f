import { SluiceError } from "../errors.ts";

/** What a built package says of itself in its `.PKGINFO`. */
export interface Pkginfo {
  readonly pkgname: string;
  readonly pkgbase: string;
  /** Full version, `1:2.0-3`. */
  readonly version: string;
  readonly arch: string;
  /** Every field in the file's order of first appearance, with all its values. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

const single = new Set([
  "pkgname",
  "pkgbase",
  "pkgver",
  "pkgdesc",
  "url",
  "builddate",
  "packager",
  "size",
  "arch",
]);
const relations = ["depend", "optdepend", "makedepend", "checkdepend", "provides", "conflict", "replaces"];
const repeatable = new Set([...relations, "license", "group", "backup", "xdata", "makepkgopt"]);

/**
 * Reads a `.PKGINFO` (PKGINFO(5)): `key = value` lines and `#` comments.
 *
 * Strict on purpose: repo-add hands every key of this file to bash's `declare`, where a key such as
 * `a[$(command)]` runs the command and `tmpdir` moves its work elsewhere. So a key that makepkg doesn't
 * write, a single value given twice and a control character are each an error.
 *
 * @throws SluiceError `pkginfo` with the line.
 */
export function parsePkginfo(pkginfo: string): Pkginfo {
  const fields = new Map<string, string[]>();
  pkginfo.split("\n").forEach((line, index) => {
    // oxlint-disable-next-line no-control-regex
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) throw wrong(index, "has a control character");
    if (line === "" || line.startsWith("#")) return;
    const [, key, value] = /^([a-z]+) =(?: (.*))?$/.exec(line) ?? [];
    if (key === undefined) throw wrong(index, "is not of the form `key = value`");
    const values = fields.get(key);
    if (!single.has(key) && !repeatable.has(key)) throw wrong(index, `has the unknown field ${key}`);
    if (values === undefined) fields.set(key, [value ?? ""]);
    else if (single.has(key)) throw wrong(index, `gives ${key} a second time`);
    else values.push(value ?? "");
  });
  const required = (key: string): string => {
    const value = fields.get(key)?.[0];
    if (value) return value;
    throw new SluiceError("pkginfo", `.PKGINFO doesn't give ${key}.`, { hint: rebuild });
  };
  const pkgname = required("pkgname");
  return {
    pkgname,
    pkgbase: fields.get("pkgbase")?.[0] ?? pkgname,
    version: required("pkgver"),
    arch: required("arch"),
    fields,
  };
}

const rebuild = "Build the package again with makepkg; nothing else should write this file.";

function wrong(index: number, what: string): SluiceError {
  return new SluiceError("pkginfo", `.PKGINFO line ${index + 1} ${what}.`, {
    facts: { line: index + 1 },
    hint: rebuild,
  });
}
