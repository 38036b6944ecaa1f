import type { SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import { rulesBrokenBy } from "../commands/dangerous-commands.ts";
import { pieced, type Pieces } from "../commands/pieced-words.ts";
import { nameOf, type Names, type Run, runOf, textOfWord } from "../commands/resolved-words.ts";
import { joined } from "../commands/working-folder.ts";
import { writtenBy } from "../commands/write-targets.ts";
import type { Pkgbuild } from "../files/side.ts";
import { startingPlaceIn } from "../known/starting-places.ts";
import { allWait, orders, startsByName } from "./waiting-places.ts";

/** Where a command stands, and what is known of what it names. */
export interface Placing {
  readonly names: Names;
  readonly pieces: Pieces;
  readonly folder: string | undefined;
  readonly pkgbuild: Pkgbuild;
  /** Whether the only file of that name in the recipe has a content that is usual where such files are put. */
  readonly isUsualFile: (name: string) => boolean;
}

/** Texts for people, and values that run nothing: whatever uses them is looked at with what they hold. */
export function isPlainMention({ assignments }: SimpleCommand, names: Names): boolean {
  return assignments.every(({ name, value }) => {
    const texts =
      value.kind === "scalar"
        ? [textOfWord(value.word, names)]
        : value.elements.map(({ word }) => textOfWord(word, names));
    return texts.every(
      (text) =>
        !text.includes("${…}") &&
        (/^(?:pkgdesc|url)$/.test(name) || allWait(text)) &&
        !/\bsystemctl\b/.test(text),
    );
  });
}

/** Of what a variable puts together, any part may come from elsewhere in the recipe. */
const enablingWords = /\.(?:wan|req|uph)|wants|requires|upholds|preset|default\.target|display-manager/;

const copying = /^(?:install|cp|mv|ln)$/;

/** Every place that it writes to waits; of what is only copied, the place where it comes from is none. */
export function onlyWaits(
  run: Run,
  command: SimpleCommand,
  { names, folder, isUsualFile, pieces, pkgbuild }: Placing,
): boolean {
  const said = [run.program, ...run.arguments].join(" ");
  if (rulesBrokenBy(run).has("persistence") || /\bsystemctl\b/.test(said)) return false;
  const written = writtenBy(run, command, names)
    .map((path) => joined(folder, path) ?? path)
    .flatMap((path) => pieced(path, pieces));
  if (
    written.some((path) => /systemd/.test(path) && path.replace("${pkgdir}", "").includes("${")) &&
    enablingWords.test(pkgbuild.text)
  )
    return false;
  const documents = command.redirections.flatMap(({ document, operator, target }) => [
    ...(document ? [textOfWord(document, names)] : []),
    ...(operator === "<<<" ? [textOfWord(target, names)] : []),
  ]);
  if (documents.some((text) => orders.test(text) || /\bsystemctl\b/.test(text)) || !documents.every(allWait))
    return false;
  if (/^(?:rm|rmdir)$/.test(run.name ?? ""))
    return written.every((path) => path.startsWith("${pkgdir}/") || path.startsWith("${srcdir}/"));
  const files = run.arguments.filter(
    (word, at) =>
      !word.startsWith("-") &&
      !written.includes(joined(folder, word) ?? word) &&
      !/^(?:-t|-m|-o|-g)$/.test(run.arguments[at - 1] ?? "") &&
      !/^0?[0-7]{3}$/.test(word),
  );
  if (
    /^(?:install|cp|mv)$/.test(run.name ?? "") &&
    files.length > 0 &&
    files.every((file) => isUsualFile(nameOf(file)) && isOnlyCopied(nameOf(file), pkgbuild, names)) &&
    !written.some(startsByName)
  )
    return true;
  if (
    /^(?:mkdir|install)$/.test(run.name ?? "") &&
    isMakingFolders(run) &&
    written.every((path) => path.startsWith("${pkgdir}/"))
  )
    return true;
  if (!written.every(allWait)) return false;
  if (!copying.test(run.name ?? "")) return allWait(said);
  const sources = run.arguments
    .filter((word) => !word.startsWith("-"))
    .map((word) => nameOf(word.replace(/\/+$/, "")));
  return (
    written.length > 0 &&
    !sources.some(startsByName) &&
    written.every(
      (path) =>
        startingPlaceIn(path) !== undefined || sources.every((source) => allWait(`${path}/${source}`)),
    )
  );
}

/** Folders alone: whatever is put into them is looked at. */
function isMakingFolders({ name, arguments: words }: Run): boolean {
  return name === "mkdir" || words.some((word) => /^-[A-Za-z]*d[A-Za-z0-9]*$|^--directory$/.test(word));
}

/** What the build changes isn't what can be read in the recipe. */
function isOnlyCopied(name: string, { recipe }: Pkgbuild, names: Names): boolean {
  let isOnly = true;
  walkScript(recipe.script, {
    function: () => true,
    simple: (command) => {
      const run = runOf(command, names);
      const words = [
        ...run.arguments,
        ...command.redirections.map(({ target }) => textOfWord(target, names)),
      ];
      if (words.some((word) => word.includes(name)) && !copying.test(run.name ?? "")) isOnly = false;
    },
  });
  return isOnly;
}
