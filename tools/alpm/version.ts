/** A full version, `[epoch:]pkgver[-pkgrel]`. All parts are text: pacman's numbers have no upper limit. */
export interface Version {
  /** Digits; `"0"` where the text names none. */
  readonly epoch: string;
  readonly pkgver: string;
  /** Absent in a dependency such as `foo>=1.2`, which then holds for every pkgrel. */
  readonly pkgrel?: string;
}

/**
 * Splits a full version where libalpm does (`parseEVR` in version.c): leading digits before a `:` are the
 * epoch, what follows the last `-` is the pkgrel. Never throws: any text is a version to pacman.
 */
export function parseVersion(text: string): Version {
  const digits = leadingDigits(text);
  const hasEpoch = text[digits] === ":";
  const epoch = hasEpoch && digits > 0 ? text.slice(0, digits) : "0";
  const start = hasEpoch ? digits + 1 : 0;
  const hyphen = text.lastIndexOf("-");
  if (hyphen < start) return { epoch, pkgver: start === 0 ? text : text.slice(start) };
  return { epoch, pkgver: text.slice(start, hyphen), pkgrel: text.slice(hyphen + 1) };
}

/** The full version as makepkg writes it into names and databases: without an epoch of zero. */
export function formatVersion({ epoch, pkgver, pkgrel }: Version): string {
  const prefix = isZero(epoch) ? "" : `${epoch}:`;
  return pkgrel === undefined ? `${prefix}${pkgver}` : `${prefix}${pkgver}-${pkgrel}`;
}

/** Narrower than pacman: what is written into a configuration file and a commit message holds nothing but this. */
export function isFullVersion(text: string): boolean {
  return /^(?:\d{1,9}:)?[A-Za-z0-9._+~^]{1,200}-\d{1,9}(?:\.\d{1,9})*$/.test(text);
}

function leadingDigits(text: string): number {
  let end = 0;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}

function isZero(digits: string): boolean {
  return /^0*$/.test(digits);
}
