import { mayReadItself } from "../code/own-text.ts";
import { topLevelCode } from "../code/top-level-code.ts";
import type { Evaluation } from "../../pkgbuild/evaluation/evaluate.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import type { RecipeFile } from "../update.ts";
import { isChangelogName } from "./inert-changes.ts";
import { onlyShownDifferently } from "./desktop-entry.ts";
import { contentOf, nameOf, plain, readFiles, withoutChangelog } from "../files/read-files.ts";
import { decode, type Pkgbuild, type Side } from "../files/side.ts";

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
  if (path === ".nvchecker.toml" && is && !asksOnly(is)) return undefined;
  if (sides.some((side) => mayRead(path, side))) return undefined;
  return isShown ? "pacman only shows it" : "nothing reads it";
}

/** Texts for people, and what maintainers look for new versions with. Nothing looks for these in folders above its own. */
const documents =
  /^(?:Makefile|(?:README|LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|AUTHORS|CONTRIBUTORS|CHANGELOG|NEWS|readme|licen[cs]e|copying|changelog)(?:[.-][A-Z][A-Za-z0-9-]*)?(?:\.(?:md|txt|rst))?|LICENSES\/[\w+-][\w.+-]*\.txt|REUSE\.toml|\.nvchecker\.toml|\.index\.json)$/;

/** Whether it only says where to ask: nothing is run, and no server, account or file of the asker's own is used. */
function asksOnly({ bytes }: RecipeFile): boolean {
  const lines = (decode(bytes) ?? "?").split("\n");
  return lines.every((line) => {
    if (/^\s*(?:#.*)?$|^\s*\["?[\w.@+-]+"?\]\s*$/.test(line)) return true;
    const [, key = "", value = ""] =
      /^\s*([a-z_]+)\s*=\s*(true|false|\d+|"[^"]*"|'[^']*')\s*(?:#.*)?$/.exec(line) ?? [];
    const isOption = /^["']\s*-/.test(value);
    const runs = key === "source" && /^["'](?:cmd|combiner|container|jq)/.test(value);
    const isElsewhere = /^["']\s*\w+:\/\//.test(value) && !publicUrl.test(value);
    return key !== "" && !ofAsker.test(key) && !isOption && !runs && !isElsewhere;
  });
}

/** Keys that run programs, or send or take what is the asker's own. */
const ofAsker = /^(?:cmd|proxy|keyfile|verify_cert|user_agent|container|\w*token\w*|oldver|newver)$/;
const publicUrl = /^["']https?:\/\/(?!localhost)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:\/|["']$)/i;

function isPlainFile({ mode, bytes }: RecipeFile): boolean {
  const text = mode === "100644" ? decode(bytes) : undefined;
  return text !== undefined && !text.includes("\0");
}

/** Whether makepkg puts it into the package as the changelog that `pacman -Qc` shows. */
function isChangelog(path: string, { pkgbuild }: Side): boolean {
  if ("problem" in pkgbuild || !isChangelogName(path)) return false;
  const held = pkgbuild.evaluation().list("changelog");
  return (
    held !== undefined && !("known" in held) && held.length === 1 && held[0]!.known && held[0]!.text === path
  );
}

/** Whether anything in the recipe names it, but as the changelog, or may go through the folder that it lies in. */
export function mayRead(path: string, { pkgbuild, files }: Side): boolean {
  if ("problem" in pkgbuild || mayReadFolder(pkgbuild)) return true;
  const name = nameOf(path);
  if (namesIn(pkgbuild).some((text) => text.includes(name))) return true;
  return readFiles(pkgbuild).some((other) => {
    if (other === path || documents.test(other)) return false;
    const text = contentOf(files.get(other));
    return (
      text.includes(name) || (other !== ".SRCINFO" && (text.includes("startdir") || goesUp(other, text)))
    );
  });
}

/** Whether a script of the recipe may go through the folder that it lies in, or those above where it runs. */
function goesUp(path: string, text: string): boolean {
  const isScript =
    text.startsWith("#!") || /\.(?:sh|bash|zsh|py|pl|rb|js|lua|awk|mk|cmake)$|^[^.]+$/.test(nameOf(path));
  return isScript && /\.\.|\$\{?0|__file__|readlink|realpath|dirname|\bPWD\b|SRCDEST|BUILDFILE/.test(text);
}

/**
 * Where a PKGBUILD may name a file of its folder. Its functions begin in `$srcdir`, so that a name there is one of the
 * source's files, as long as nothing leads up.
 */
function namesIn({ text, normal, recipe, evaluation }: Pkgbuild): readonly string[] {
  // Whatever quotes a name is put together of.
  const [written, read] = [withoutChangelog(text), plain(normal.replaceAll(ownChangelog, ""))];
  if (/(?<!\.)\.\.(?!\.)/.test(written) || /(?<!\.)\.\.(?!\.)/.test(read)) return [written, read];
  const topLevel = recipe.script.statements.filter(({ command }) => command.kind !== "function");
  const values = evaluation();
  return [
    ...topLevel.map(({ command }) => plain(normaliseCommand(command).replaceAll(ownChangelog, ""))),
    ...[...values.names].flatMap((name) => (name === "changelog" ? [] : textsOf(values, name))),
  ];
}

const ownChangelog = /(?<![\w"])changelog="[^"]*"/g;

/** Unknown ones were looked for before. */
function textsOf(values: Evaluation, name: string): readonly string[] {
  const held = values.list(name);
  return held === undefined || "known" in held
    ? []
    : held.flatMap((value) => (value.known ? [value.text] : []));
}

/**
 * Whether its code may come upon files of the recipe's folder without their names. There it is while the PKGBUILD is
 * read, so what runs or expands patterns then counts; its functions begin in `$srcdir` and have to get there.
 */
function mayReadFolder(pkgbuild: Pkgbuild): boolean {
  const { text, normal, recipe, evaluation } = pkgbuild;
  if (mayReadItself(pkgbuild) || topLevelCode(recipe).some(({ runsSomething }) => runsSomething)) return true;
  const values = evaluation();
  const isUnknown = [...values.names].some((name) => {
    const list = values.list(name);
    return list !== undefined && ("known" in list || list.some((value) => !value.known));
  });
  return Boolean(values.spoiled) || isUnknown || tellsFolder.test(text) || tellsFolder.test(plain(normal));
}

/** Where it is, of which a way up may be made. */
const tellsFolder = /\bPWD\b|\bpwd\b|\bdirs\b/;
