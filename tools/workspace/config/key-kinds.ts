import { isPkgbase } from "../../alpm/names.ts";

/** One configuration key: how its value is read, what it is where nothing is said, what it is about. */
export interface Key<T> {
  readonly default: T;
  /** The value, or undefined where the text isn't one. */
  readonly parse: (text: string) => T | undefined;
  /** What a value looks like, for messages and for the reference. */
  readonly expects: string;
  /** A value that isn't the default. */
  readonly example: string;
  /** For the person who sets it, in Markdown. */
  readonly about: string;
}

export function text(fallback: string, example: string, about: string): Key<string> {
  return { default: fallback, parse: (value) => value, expects: "text", example, about };
}

export function name(fallback: string, example: string, about: string): Key<string> {
  const parse = matching(/^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/);
  return { default: fallback, parse, expects: "a name of letters, digits and @._+-", example, about };
}

export function flag(fallback: boolean, about: string): Key<boolean> {
  return { default: fallback, parse: parseFlag, expects: "true or false", example: String(!fallback), about };
}

export function optionalFlag(about: string): Key<boolean | undefined> {
  return { default: undefined, parse: parseFlag, expects: "true or false", example: "true", about };
}

function parseFlag(value: string): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}

interface Range {
  readonly min: number;
  readonly max?: number;
}

export function integer(fallback: number, range: Range, example: string, about: string): Key<number> {
  return {
    default: fallback,
    parse: (value) => (/^\d{1,9}$/.test(value) ? within(Number(value), range) : undefined),
    expects: `a whole number ${describeRange(range)}`,
    example,
    about,
  };
}

export function number(fallback: number, range: Range, example: string, about: string): Key<number> {
  return {
    default: fallback,
    parse: (value) => (/^\d{1,9}(?:\.\d{1,6})?$/.test(value) ? within(Number(value), range) : undefined),
    expects: `a number ${describeRange(range)}`,
    example,
    about,
  };
}

function within(value: number, { min, max = Infinity }: Range): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function describeRange({ min, max }: Range): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}

export function oneOf<const T extends string>(
  values: readonly T[],
  fallback: T,
  example: T,
  about: string,
): Key<T> {
  return {
    default: fallback,
    parse: (value) => values.find((known) => known === value),
    expects: values.join(", "),
    example,
    about,
  };
}

function list(
  separator: RegExp,
  accepts: (item: string) => boolean,
  expects: string,
  example: string,
  about: string,
): Key<readonly string[]> {
  const parse = (value: string): readonly string[] | undefined => {
    const items = value.split(separator).filter((item) => item !== "");
    return items.every(accepts) ? items : undefined;
  };
  return { default: [], parse, expects, example, about };
}

export function packages(example: string, about: string): Key<readonly string[]> {
  return list(/[:, ]+/, isPkgbase, "package names, separated by colons", example, about);
}

export function accounts(example: string, about: string): Key<readonly string[]> {
  return list(
    /[, ]+/,
    (name) => /^[\w.-]+$/.test(name),
    "account names, separated by commas",
    example,
    about,
  );
}

export function urls(example: string, about: string): Key<readonly string[]> {
  return list(/ +/, isUrl, "URLs, separated by blanks", example, about);
}

const isArch = (item: string): boolean => /^[a-z0-9_]{1,32}$/.test(item) && item !== "any";

/** As makepkg's CARCH and pacman's Architecture name them. */
export function architectures(
  fallback: readonly string[],
  example: string,
  about: string,
): Key<readonly string[]> {
  const key = list(/ +/, isArch, "architectures, separated by blanks; not any", example, about);
  const parse = (value: string): readonly string[] | undefined => {
    const items = key.parse(value);
    return items && items.length > 0 && new Set(items).size === items.length ? items : undefined;
  };
  return { ...key, default: fallback, parse };
}

export function url(fallback: string, example: string, about: string): Key<string> {
  return {
    default: fallback,
    parse: (value) => (value === "" || isUrl(value) ? value : undefined),
    expects: "a URL",
    example,
    about,
  };
}

/** Schemes that Git, curl and pacman know; a leading `-` or a blank would become an option or an argument. */
function isUrl(value: string): boolean {
  return /^(?:https?|socks5h?|git|ssh|git\+https|file):\/\/[^\s\p{Cc}]+$/u.test(value);
}

export function folder(fallback: string, example: string, about: string): Key<string> {
  return {
    default: fallback,
    parse: (value) => {
      const path = value.replace(/\/+$/, "");
      const parts = path.split("/");
      return path === "." || parts.every((part) => isPkgbase(part)) ? path : undefined;
    },
    expects: "a folder of the repository, or `.`",
    example,
    about,
  };
}

export function buildClass(example: string, about: string): Key<string> {
  const parse = matching(/^(?:[A-Za-z0-9_][A-Za-z0-9._+-]*)?$/);
  return { default: "", parse, expects: "a number or a builder's name", example, about };
}

export function triggerName(example: string, about: string): Key<string> {
  return { default: "", parse: matching(/^[A-Za-z0-9@._+-]*$/), expects: "a trigger's name", example, about };
}

export function recipeSource(example: string, about: string): Key<string> {
  const kinds = /^(?:aur|custom|(?:gitlab:[\w./-]+|github:[\w.-]+\/[\w.-]+)(?:#[\x21-\x7e]+)?)$/;
  return {
    default: "",
    parse: (value) => (kinds.test(value) || isUrl(value) ? value : undefined),
    expects:
      "aur, custom, gitlab:ID or github:OWNER/REPO (with #pre-releases, #filter=REGEX or both with & between), or a Git URL",
    example,
    about,
  };
}

export function bump(example: string, about: string): Key<string> {
  const parse = matching(/^(?:\d{1,6}|[^\s/]+-[^\s/-]+(?:\/\d{1,6})?)$/);
  return { default: "", parse, expects: "N, VERSION-PKGREL or VERSION-PKGREL/N", example, about };
}

function matching(pattern: RegExp): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? value : undefined);
}
