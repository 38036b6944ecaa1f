import type { Relation } from "./relation.ts";
import { parseVersion } from "./version.ts";

export type Order = -1 | 0 | 1;

/**
 * Compares two full versions as pacman does (`alpm_pkg_vercmp` in libalpm's version.c): by epoch, then
 * pkgver, then pkgrel, which only counts where both have one. 1 means that `a` is newer.
 */
export function vercmp(a: string, b: string): Order {
  if (a === b) return 0;
  const left = parseVersion(a);
  const right = parseVersion(b);
  const order = rpmvercmp(left.epoch, right.epoch) || rpmvercmp(left.pkgver, right.pkgver);
  if (order !== 0 || left.pkgrel === undefined || right.pkgrel === undefined) return order;
  return rpmvercmp(left.pkgrel, right.pkgrel);
}

/**
 * Whether a version fulfils a dependency's constraint (`dep_vercmp` in libalpm's deps.c). A relation
 * without an operator takes any version; one with an operator never takes a `provides` that has none.
 */
export function satisfies(
  version: string | undefined,
  { operator, version: wanted = "" }: Pick<Relation, "operator" | "version">,
): boolean {
  if (operator === undefined) return true;
  if (version === undefined) return false;
  const order = vercmp(version, wanted);
  switch (operator) {
    case "=":
      return order === 0;
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
  }
}

/**
 * Segment by segment, as rpm once did and libalpm still does: runs of digits against runs of letters,
 * anything else separates. Where the separators before a segment differ in length, the longer one is
 * newer; which characters they are doesn't matter.
 */
function rpmvercmp(a: string, b: string): Order {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const separatorA = i;
    const separatorB = j;
    i = skip(a, i, isSeparator);
    j = skip(b, j, isSeparator);
    if (i === a.length || j === b.length) break;
    const longer = byteLength(a, separatorA, i) - byteLength(b, separatorB, j);
    if (longer !== 0) return longer < 0 ? -1 : 1;

    const startA = i;
    const startB = j;
    const numeric = isDigit(a.charCodeAt(i));
    const inSegment = numeric ? isDigit : isLetter;
    i = skip(a, i, inSegment);
    j = skip(b, j, inSegment);
    // A number is newer than letters.
    if (j === startB) return numeric ? 1 : -1;
    const order = numeric
      ? compareNumbers(a, startA, i, b, startB, j)
      : compareText(a, startA, i, b, startB, j);
    if (order !== 0) return order;
  }
  return compareRests(a, i, b, j);
}

/** Decides where one version has ended: `1.0` is newer than `1.0rc`, but older than `1.0.1` and `1.0.`. */
function compareRests(a: string, i: number, b: string, j: number): Order {
  const endedA = i === a.length;
  const endedB = j === b.length;
  if (endedA && endedB) return 0;
  const olderA = endedA ? !isLetter(b.charCodeAt(j)) : isLetter(a.charCodeAt(i));
  return olderA ? -1 : 1;
}

/** Without leading zeros the number with more digits is larger, however many there are. */
function compareNumbers(a: string, i: number, endA: number, b: string, j: number, endB: number): Order {
  while (i < endA && a.charCodeAt(i) === 48) i++;
  while (j < endB && b.charCodeAt(j) === 48) j++;
  const longer = endA - i - (endB - j);
  if (longer !== 0) return longer < 0 ? -1 : 1;
  return compareText(a, i, endA, b, j, endB);
}

/** As C's strcmp on ASCII: by code, and a text sorts after its own beginning. */
function compareText(a: string, i: number, endA: number, b: string, j: number, endB: number): Order {
  for (; i < endA && j < endB; i++, j++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  if (i === endA && j === endB) return 0;
  return i === endA ? -1 : 1;
}

/** libalpm measures separators in bytes, and to it every byte of a character beyond ASCII is one. */
function byteLength(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const isHalfPair = code >= 0xd800 && code <= 0xdfff;
    bytes += code < 0x80 ? 1 : code < 0x800 || isHalfPair ? 2 : 3;
  }
  return bytes;
}

function skip(text: string, from: number, matches: (code: number) => boolean): number {
  let i = from;
  while (i < text.length && matches(text.charCodeAt(i))) i++;
  return i;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function isSeparator(code: number): boolean {
  return !isDigit(code) && !isLetter(code);
}
