import type { Elf } from "./elf.ts";

/**
 * Something beside libraries that packages are made for one version of, and don't work with another. A value is what
 * has to be the same on both sides: `3.12`.
 */
export interface Kind {
  /** As in `python:3.12`. */
  readonly name: string;
  /** As people call it: `Python`. */
  readonly title: string;
  /** The value that a package needs because it has a file at this path. */
  readonly needOfPath?: (path: string) => string | undefined;
  /** The value that a package gives because it has a file at this path. */
  readonly givenByPath?: (path: string) => string | undefined;
  /** The values that a package needs because of what is in a program or library. */
  readonly needOfBinary?: (path: string, elf: Elf) => string | undefined;
  /** A file that says what it needs, and how it says so. */
  readonly needsOfText?: {
    readonly isIt: (path: string) => boolean;
    readonly read: (text: string) => readonly string[];
  };
  /**
   * By pkgname, what a version of the package gives. A need `installed` is what this says of the version that was there
   * when the package was built; where none was, there is no need.
   */
  readonly providers?: Readonly<Record<string, (version: string) => string | undefined>>;
}

/** Of a need by path or binary: that of the provider that the package was built with. */
export const installed = "installed";

/** `1:8.3.2+git7-1` → `8.3.2` with three parts, `8` with one. */
export function versionParts(parts: number): (version: string) => string | undefined {
  return (version) => {
    const numbers = /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1]?.split(".") ?? [];
    return numbers.length < parts ? undefined : numbers.slice(0, parts).join(".");
  };
}

/** The first group of a pattern, where it matches. */
export function group(pattern: RegExp): (text: string) => string | undefined {
  return (text) => pattern.exec(text)?.[1];
}
