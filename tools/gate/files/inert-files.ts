import { topLevelCode } from "../code/top-level-code.ts";
import type { RecipeFile } from "../update.ts";
import { onlyShownDifferently } from "./desktop-entry.ts";
import { decode, type Pkgbuild, type Side } from "./side.ts";

/**
 * Why a file that came, went or changed can do no harm: nothing in either recipe reads it, and neither Git nor makepkg
 * acts on it; or of a desktop entry that it is shown otherwise alone. Undefined where it may.
 */
export function inertFileReason(path: string, before: Side, after: Side): string | undefined {
  const sides = [before, after];
  const [was, is] = sides.map(({ files }) => files.get(path));
  if (![was, is].every((file) => file === undefined || isPlainFile(file))) return undefined;
  if (path.endsWith(".desktop") && was && is && onlyShownDifferently(path, [was, is], sides))
    return "it is shown otherwise, and starts the same";
  const isShown = sides.some((side) => isChangelog(path, side));
  if (!isShown && !documents.test(path)) return undefined;
  if (sides.some((side) => mayRead(path, side))) return undefined;
  return isShown ? "pacman only shows it" : "nothing reads it";
}

/** Texts for people, and the settings of programs that look for new versions. */
const documents =
  /^(?:(?:README|LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|AUTHORS|CONTRIBUTORS|CHANGELOG|NEWS|readme|licen[cs]e|copying|changelog)(?:[.-][A-Z][A-Za-z0-9-]*)?(?:\.(?:md|txt|rst))?|LICENSES\/[\w+-][\w.+-]*\.txt|REUSE\.toml|\.nvchecker\.toml|\.index\.json)$/;

function isPlainFile({ mode, bytes }: RecipeFile): boolean {
  const text = mode === "100644" ? decode(bytes) : undefined;
  return text !== undefined && !text.includes("\0");
}

/** Whether makepkg puts it into the package as the changelog that `pacman -Qc` shows. */
function isChangelog(path: string, { pkgbuild }: Side): boolean {
  if ("problem" in pkgbuild || !/^[\w+-][\w.+-]*$/.test(path)) return false;
  const held = pkgbuild.evaluation().list("changelog");
  return (
    held !== undefined && !("known" in held) && held.length === 1 && held[0]!.known && held[0]!.text === path
  );
}

/** Whether anything in the recipe names it, but as the changelog, or may go through the folder that it lies in. */
function mayRead(path: string, { pkgbuild, files }: Side): boolean {
  if ("problem" in pkgbuild || mayReadFolder(pkgbuild)) return true;
  const name = path.split("/").at(-1)!;
  const names = (text: string): boolean => text.includes(name);
  // Whatever quotes its name is put together of.
  if (
    names(withoutChangelog(pkgbuild.text)) ||
    names(plain(pkgbuild.normal.replaceAll(/(?<![\w"])changelog="[^"]*"/g, "")))
  )
    return true;
  return [...files].some(([other, { bytes }]) => {
    if (other === path || other === "PKGBUILD" || documents.test(other)) return false;
    // Whatever its bytes mean, a name in ASCII shows. Sources that are put together stand in .SRCINFO as they are.
    const text = withoutChangelog(Buffer.from(bytes).toString("latin1"));
    return names(text) || (other !== ".SRCINFO" && text.includes("startdir"));
  });
}

function plain(normal: string): string {
  return normal.replaceAll(/["<>]/g, "");
}

function withoutChangelog(text: string): string {
  return text.replaceAll(/^[ \t]*changelog ?=.*$/gm, "");
}

/**
 * Whether its code may come upon files of the recipe's folder without their names. There it is while the PKGBUILD is
 * read, so what runs or expands patterns then counts; its functions begin in `$srcdir` and get there by `..`.
 */
function mayReadFolder({ text, normal, recipe, evaluation }: Pkgbuild): boolean {
  if (topLevelCode(recipe).some(({ runsSomething }) => runsSomething)) return true;
  const values = evaluation();
  const isUnknown = [...values.names].some((name) => {
    const list = values.list(name);
    return list !== undefined && ("known" in list || list.some((value) => !value.known));
  });
  return Boolean(values.spoiled) || isUnknown || byFolder.test(text) || byFolder.test(plain(normal));
}

/** Only `../` with a name that is written out behind it leads to that name alone. */
const byFolder =
  /startdir|BASH_SOURCE|DIRSTACK|\bOLDPWD\b|\bPWD\b|\bpwd\b|\bdirs\b|\bpopd\b|~[-+]|\.\.(?!["']?\/[\w.+@-])|\.\.["']?\/[^\s;|&)]*[*?[$`{\\]/;
