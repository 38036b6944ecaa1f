import { effectiveValues, missingParts, parseSrcinfo, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { decodeFile } from "../../workspace/files.ts";
import { staleIn } from "../../workspace/metadata/stale-in.ts";

/** `max-blob-size` of the AUR, in bytes; it calls this 250 KiB. */
const largestFile = 256_000;
const longest = { pkgname: 255, pkgdesc: 255, url: 8000, source: 8000 };

/**
 * What the AUR would refuse a recipe for, and a `.SRCINFO` that isn't the PKGBUILD's; empty: nothing.
 * After https://gitlab.archlinux.org/archlinux/aurweb, aurweb/git/update.py and serve.py. What only the AUR knows
 * (names that are taken or forbidden, SPDX identifiers) it says itself.
 */
export function aurObjections(pkgbase: string, files: RecipeFiles): string[] {
  const texts = ["PKGBUILD", ".SRCINFO"]
    .filter((path) => !files.has(path))
    .map((path) => `${path} is missing`);
  const objections = [...nameObjections([pkgbase]), ...texts, ...fileObjections(files)];
  const srcinfo = readSrcinfo(files);
  if (typeof srcinfo === "string") return [...objections, srcinfo];
  return srcinfo ? [...objections, ...srcinfoObjections(pkgbase, srcinfo, files)] : objections;
}

function nameObjections(names: readonly string[]): string[] {
  return names
    .filter((name) => !/^[a-z0-9][a-z0-9.+_-]*$/.test(name))
    .map((name) => `the AUR takes no package named ${name} (lower-case letters, digits and .+_-)`);
}

function fileObjections(files: RecipeFiles): string[] {
  return [...files].flatMap(([path, { mode, bytes }]) => {
    if (mode === "160000") return [`${path} is a submodule`];
    if (path.includes("/") && !/^(?:keys\/pgp\/[^/]+\.asc|LICENSES\/[^/]+\.(?:md|txt))$/.test(path)) {
      return [`${path} lies in a folder; the AUR takes keys/pgp/*.asc and LICENSES/*.txt alone`];
    }
    if (bytes.byteLength <= largestFile) return [];
    return [`${path} has ${Math.ceil(bytes.byteLength / 1024)} KiB, more than 250 KiB`];
  });
}

/** A text: why it can't be read. */
function readSrcinfo(files: RecipeFiles): Srcinfo | string | undefined {
  const file = files.get(".SRCINFO");
  if (file === undefined) return undefined;
  const content = decodeFile(file.bytes);
  if (file.mode === "120000" || content.kind !== "file") return ".SRCINFO is no text file";
  try {
    const srcinfo = parseSrcinfo(content.text);
    const missing = missingParts(srcinfo);
    return missing.length > 0 ? `.SRCINFO: ${missing.join(", ")}` : srcinfo;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}

function srcinfoObjections(pkgbase: string, srcinfo: Srcinfo, files: RecipeFiles): string[] {
  const objections: string[] = [];
  if (srcinfo.pkgbase !== pkgbase) objections.push(`.SRCINFO is of ${srcinfo.pkgbase}, not of ${pkgbase}`);
  const pkgbuild = files.get("PKGBUILD");
  const stale = pkgbuild ? staleIn(Buffer.from(pkgbuild.bytes).toString(), srcinfo) : [];
  if (stale.length > 0) objections.push(`.SRCINFO doesn't match PKGBUILD: ${stale.join(", ")}`);
  objections.push(...nameObjections(srcinfo.packages.map(({ pkgname }) => pkgname)));
  for (const pkg of srcinfo.packages) {
    for (const field of ["pkgdesc", "url"] as const) {
      const [value = ""] = effectiveValues(srcinfo, pkg, field);
      if (value.length > longest[field])
        objections.push(`${field} has more than ${longest[field]} characters`);
    }
    if (pkg.pkgname.length > longest.pkgname) objections.push(`a pkgname has more than 255 characters`);
  }
  return [...objections, ...missingFiles(srcinfo, files)];
}

function missingFiles({ base, packages }: Srcinfo, files: RecipeFiles): string[] {
  const objections = new Set<string>();
  for (const fields of [base, ...packages.map((pkg) => pkg.fields)]) {
    for (const [field, values] of fields) {
      const isSource = /^source(?:_|$)/.test(field);
      if (!isSource && field !== "install" && field !== "changelog") continue;
      for (const value of values) {
        const name = isSource ? value.slice(value.indexOf("::") === -1 ? 0 : value.indexOf("::") + 2) : value;
        if (name.length > longest.source)
          objections.add(`a ${field} has more than ${longest.source} characters`);
        else if (isSource && /:\/\/|lp:/.test(name)) continue;
        else if (!files.has(name)) objections.add(`${name} is missing, which .SRCINFO names as ${field}`);
      }
    }
  }
  return [...objections];
}
