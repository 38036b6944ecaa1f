/** Path → content. */
export type AurFiles = Readonly<Record<string, string | Uint8Array>>;

export interface AurRecipeParts {
  readonly pkgver?: string;
  readonly pkgrel?: string;
  readonly epoch?: string;
  readonly pkgnames?: readonly string[];
  readonly depends?: readonly string[];
  /** Further files, or other contents of these. */
  readonly files?: AurFiles;
}

/** A recipe with the .SRCINFO that belongs to it. */
export function aurRecipe(pkgbase: string, parts: AurRecipeParts = {}): AurFiles {
  const { pkgver = "1", pkgrel = "1", epoch, pkgnames = [pkgbase], depends = ["glibc"], files } = parts;
  const epochLine = epoch === undefined ? "" : `epoch=${epoch}\n`;
  const functions = pkgnames.map((pkgname) => `package_${pkgname}() {\n  :\n}\n`);
  const fields = [
    `pkgver = ${pkgver}`,
    `pkgrel = ${pkgrel}`,
    ...(epoch === undefined ? [] : [`epoch = ${epoch}`]),
    `pkgdesc = The package ${pkgbase}`,
    "url = https://example.org",
    "arch = any",
    "license = 0BSD",
    ...depends.map((name) => `depends = ${name}`),
  ];
  return {
    PKGBUILD:
      `pkgbase='${pkgbase}'\npkgname=(${quoted(pkgnames)})\npkgver=${pkgver}\npkgrel=${pkgrel}\n${epochLine}` +
      `pkgdesc='The package ${pkgbase}'\nurl='https://example.org'\narch=('any')\nlicense=('0BSD')\n` +
      `depends=(${quoted(depends)})\n\n${functions.join("\n")}`,
    ".SRCINFO":
      `pkgbase = ${pkgbase}\n${fields.map((field) => `\t${field}\n`).join("")}` +
      pkgnames.map((pkgname) => `\npkgname = ${pkgname}\n`).join(""),
    ...files,
  };
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(" ");
}
