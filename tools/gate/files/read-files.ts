import type { RecipeFile } from "../update.ts";
import type { Pkgbuild } from "./side.ts";

/** The recipe's other files that its PKGBUILD names, and those that these name: who else could read one? */
export function readFiles({ text: pkgbuild, normal, files }: Pkgbuild): readonly string[] {
  const others = [...files.keys()].filter((path) => path !== "PKGBUILD");
  const texts = [pkgbuild, plain(normal)];
  // What leads up to a name that is put together may lead to any.
  if (texts.some((text) => /\.\.["']?\/[^\s;|&)]*[$`{]/.test(text))) return others;
  const found = new Set<string>(others.filter((path) => path === ".SRCINFO"));
  for (const path of found) texts.push(contentOf(files.get(path)));
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const path of others) {
      if (found.has(path) || !text.includes(nameOf(path))) continue;
      found.add(path);
      texts.push(contentOf(files.get(path)));
    }
  }
  return [...found];
}

/** Whether one of them names the PKGBUILD, or the folder that it lies in. */
export function isReadByOthers(pkgbuild: Pkgbuild): boolean {
  return readFiles(pkgbuild).some((path) => {
    const isDescribed = path === ".SRCINFO";
    return !isDescribed && /PKGBUILD|SRCINFO|startdir|BUILDFILE/.test(contentOf(pkgbuild.files.get(path)));
  });
}

/** Whether a scriptlet, which runs where the package's data and files are installed, says such a thing. */
export function scriptletsSay({ files }: Pkgbuild, thing: RegExp): boolean {
  return [...files].some(([path, file]) => {
    const text = contentOf(file).replaceAll(/^[ \t]*#.*$/gm, "");
    return (
      (path.endsWith(".install") || /\b(?:pre|post)_(?:install|upgrade|remove)\b/.test(text)) &&
      thing.test(text)
    );
  });
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whatever its bytes mean, a name in ASCII shows. Sources that are put together stand in .SRCINFO as they are. */
export function contentOf(file: RecipeFile | undefined): string {
  return withoutChangelog(Buffer.from(file?.bytes ?? []).toString("latin1"));
}

/** A normal form without quotes, since names are put together of what they hold. */
export function plain(normal: string): string {
  return normal.replaceAll(/["<>]/g, "");
}

export function withoutChangelog(text: string): string {
  return text.replaceAll(/^[ \t]*changelog ?=.*$/gm, "");
}
