import { parse, TomlError } from "smol-toml";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";

/** What a package's nvchecker file says about it: one section of it. */
export interface NvcheckerEntry {
  /** The section's name; some kinds ask for it where their own option is missing. */
  readonly name: string;
  /** `source`: `git`, `github`, `regex`, …; `none` where the section has none, as in nvchecker. */
  readonly kind: string;
  readonly options: ReadonlyMap<string, unknown>;
  /** The file's path in the recipe. */
  readonly path: string;
}

/** nvchecker's own defaults stand in users' folders, so a recipe's file is this one or that one. */
const fileNames = ["nvchecker.toml", ".nvchecker.toml"];

/** In bytes. Real files have a few lines. */
const largestFile = 64 * 1024;

/**
 * Reads the section about a package from its recipe's `nvchecker.toml` or `.nvchecker.toml`: the one named as the
 * pkgbase, else the only one. `[__config__]` is about nvchecker's own run and doesn't count.
 *
 * @throws SluiceError `nvchecker-file` where there is no such file or section, or it isn't TOML.
 */
export function readNvcheckerEntry(pkgbase: string, recipe: RecipeFiles): NvcheckerEntry {
  const path = fileNames.find((name) => recipe.has(name));
  const file = path === undefined ? undefined : recipe.get(path);
  if (path === undefined || file === undefined) {
    throw fileError(
      pkgbase,
      undefined,
      `CI_NVCHECKER is set, but the recipe has no ${fileNames.join(" or ")}`,
    );
  }
  if (!file.mode.startsWith("100") || file.bytes.length > largestFile) {
    throw fileError(pkgbase, path, `${path} must be a plain file of at most ${largestFile} bytes`);
  }
  const { __config__: _config, ...sections } = parseToml(pkgbase, path, file.bytes);
  const names = Object.keys(sections);
  const name = names.includes(pkgbase) ? pkgbase : names[0];
  if (name === undefined) throw fileError(pkgbase, path, `${path} has no section`);
  if (name !== pkgbase && names.length > 1) {
    throw fileError(
      pkgbase,
      path,
      `${path} has several sections and none for ${pkgbase}: ${names.join(", ")}`,
    );
  }
  return entryOf(pkgbase, path, name, sections[name]);
}

/**
 * All sections of a file that names several things.
 *
 * @throws SluiceError `nvchecker-file`
 */
export function readNvcheckerEntries(pkgbase: string, path: string, bytes: Uint8Array): NvcheckerEntry[] {
  if (bytes.length > largestFile) throw fileError(pkgbase, path, `${path} may have ${largestFile} bytes`);
  const { __config__: _config, ...sections } = parseToml(pkgbase, path, bytes);
  return Object.entries(sections).map(([name, section]) => entryOf(pkgbase, path, name, section));
}

function entryOf(pkgbase: string, path: string, name: string, section: unknown): NvcheckerEntry {
  if (typeof section !== "object" || section === null || Array.isArray(section) || section instanceof Date) {
    throw fileError(pkgbase, path, `${path}: ${name} is outside of a section`);
  }
  const options = new Map<string, unknown>(Object.entries(section));
  return { name, kind: textOption({ options, path }, "source") ?? "none", options, path };
}

/** An option's text, or undefined where it isn't given. Throws SluiceError `nvchecker-option` for any other value. */
export function textOption(
  { options, path }: Pick<NvcheckerEntry, "options" | "path">,
  option: string,
): string | undefined {
  const value = options.get(option);
  if (value === undefined || typeof value === "string") return value;
  throw new SluiceError("nvchecker-option", `${path}: ${option} must be text`, { facts: { path } });
}

/** As `textOption`, for an option without which the kind can't ask. */
export function requiredOption(entry: NvcheckerEntry, option: string): string {
  const value = textOption(entry, option);
  if (value) return value;
  const { kind, path } = entry;
  throw new SluiceError("nvchecker-option", `${path}: the source ${kind} needs the option ${option}`, {
    facts: { path },
  });
}

/** Whether an option is set as Python understands it: real files say `"true"` too, and `"false"` also sets it. */
export function isSet({ options }: NvcheckerEntry, option: string): boolean {
  const value = options.get(option);
  return value !== undefined && value !== false && value !== "" && value !== 0 && value !== 0n;
}

function parseToml(pkgbase: string, path: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    return parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const at = cause instanceof TomlError ? `:${cause.line}:${cause.column}` : "";
    throw fileError(pkgbase, path, `${path}${at} isn't valid TOML`, cause);
  }
}

function fileError(pkgbase: string, path: string | undefined, message: string, cause?: unknown): SluiceError {
  return new SluiceError("nvchecker-file", message, {
    hint: "Write it as nvchecker's documentation says: https://nvchecker.readthedocs.io/en/latest/usage.html",
    facts: { pkgbase, ...(path === undefined ? {} : { path }) },
    cause,
  });
}
