/** What is done to the text that nvchecker found before it becomes a version, in order. */
export type TextOperation =
  /** All of these characters go from the beginning, or from the end. */
  | { readonly kind: "strip-left" | "strip-right"; readonly characters: string }
  | { readonly kind: "remove-prefix" | "remove-suffix"; readonly text: string }
  | { readonly kind: "replace"; readonly text: string; readonly by: string }
  /** Python's re.sub. */
  | { readonly kind: "substitute"; readonly pattern: string; readonly by: string };

/** Operations on one text. */
const most = 100;

const call = String.raw`\.(\w+)\(((?:"(?:\\.|[^"\\])*"(?:,"(?:\\.|[^"\\])*")?)?)\)`;

/**
 * An expression on nvchecker's answer, as `readPython` spells it: `_G.newver.lstrip("v").replace("-",".")`, or such a
 * variable. Undefined where it is anything else.
 */
export function readVersionText(
  expression: string,
  variables: ReadonlyMap<string, readonly TextOperation[]>,
): readonly TextOperation[] | undefined {
  const [, pattern, by, inner] =
    /^re\.sub\(("(?:\\.|[^"\\])*"),("(?:\\.|[^"\\])*"),(.*)\)$/.exec(expression) ?? [];
  if (pattern !== undefined && by !== undefined && inner !== undefined) {
    const before = readVersionText(inner, variables);
    return before && [...before, { kind: "substitute", pattern: textIn(pattern), by: textIn(by) }];
  }
  const [, start, calls] =
    new RegExp(String.raw`^(_G\.newver|[A-Za-z_]\w*)((?:${call})*)$`).exec(expression) ?? [];
  const known = start === "_G.newver" ? [] : variables.get(start ?? "");
  if (known === undefined || calls === undefined) return undefined;
  const operations = [...calls.matchAll(new RegExp(call, "g"))].map(([, method = "", texts = ""]) =>
    operationOf(method, JSON.parse(`[${texts}]`) as string[]),
  );
  return operations.includes(undefined) || known.length > most
    ? undefined
    : [...known, ...operations.filter((one) => one !== undefined && one !== "nothing")];
}

function textIn(literal: string): string {
  return JSON.parse(literal) as string;
}

/** `nothing`: versions hold no blanks anyway. */
function operationOf(method: string, texts: readonly string[]): TextOperation | "nothing" | undefined {
  const [first, second] = texts;
  switch (`${method}/${texts.length}`) {
    case "strip/0":
    case "lstrip/0":
    case "rstrip/0":
      return "nothing";
    case "lstrip/1":
      return { kind: "strip-left", characters: first! };
    case "rstrip/1":
      return { kind: "strip-right", characters: first! };
    case "removeprefix/1":
      return { kind: "remove-prefix", text: first! };
    case "removesuffix/1":
      return { kind: "remove-suffix", text: first! };
    case "replace/2":
      return { kind: "replace", text: first!, by: second! };
    default:
      return undefined;
  }
}

/** nvchecker's options that do the same. */
export interface VersionOptions {
  readonly prefix?: string;
  readonly from_pattern?: string;
  readonly to_pattern?: string;
}

/**
 * The options beside those that an entry has; undefined where nvchecker's few can't say it. It takes off its prefix
 * first, and replaces by one pattern then.
 */
export function versionOptions(
  operations: readonly TextOperation[],
  entry: VersionOptions,
): VersionOptions | undefined {
  let rest = [...operations];
  let prefix = entry.prefix;
  const [first] = rest;
  const hasPattern = entry.from_pattern !== undefined;
  if (first && isOneV(first) && (prefix === undefined || prefix === "v" || hasPattern)) {
    // Behind a pattern it needs no option: the v that is left at the beginning is never taken for a part of a version.
    if (!hasPattern) prefix = "v";
    rest = rest.slice(1);
  }
  const options = prefix === undefined ? {} : { prefix };
  if (rest.length === 0) return hasPattern ? { ...entry, ...options } : options;
  const patterns = rest.map(patternOf);
  const [{ by } = { by: "" }] = patterns;
  // One after the other they do the same as at once where none can meet what another left.
  const isAtOnce =
    patterns.length === 1 || (by === "" && patterns.every((one) => one.by === "" && one.isAnchored));
  if (hasPattern || !isAtOnce) return undefined;
  return { ...options, from_pattern: patterns.map(({ pattern }) => pattern).join("|"), to_pattern: by };
}

function isOneV(operation: TextOperation): boolean {
  switch (operation.kind) {
    case "strip-left":
      return operation.characters === "v";
    case "remove-prefix":
      return operation.text === "v";
    default:
      return false;
  }
}

function patternOf(operation: TextOperation): { pattern: string; by: string; isAnchored: boolean } {
  switch (operation.kind) {
    case "strip-left":
      return { pattern: `^[${classOf(operation.characters)}]+`, by: "", isAnchored: true };
    case "strip-right":
      return { pattern: `[${classOf(operation.characters)}]+$`, by: "", isAnchored: true };
    case "remove-prefix":
      return { pattern: `^${escaped(operation.text)}`, by: "", isAnchored: true };
    case "remove-suffix":
      return { pattern: `${escaped(operation.text)}$`, by: "", isAnchored: true };
    case "replace":
      return {
        pattern: escaped(operation.text),
        by: operation.by.replaceAll("\\", "\\\\"),
        isAnchored: false,
      };
    case "substitute":
      return { pattern: operation.pattern, by: operation.by, isAnchored: false };
  }
}

function classOf(characters: string): string {
  return [...new Set(characters)].map((one) => one.replace(/[\\\]^-]/, "\\$&")).join("");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
