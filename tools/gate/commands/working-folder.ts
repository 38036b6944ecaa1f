import type { Command, Compound, Script, SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import { type Names, runOf, textOfWord } from "./resolved-words.ts";

/** Where commands run, as far as the text tells: `${srcdir}/foo`. A command that isn't here runs anywhere. */
export type Folders = ReadonlyMap<SimpleCommand, string>;

/** makepkg calls these in srcdir. */
const begunInSrcdir = /^(?:prepare|build|check|pkgver|verify|package(?:_.+)?)$/;

export function foldersOf(script: Script, names: Names): Folders {
  const folders = new Map<SimpleCommand, string>();
  followScript(script, undefined, { folders, names });
  return folders;
}

interface Following {
  readonly folders: Map<SimpleCommand, string>;
  readonly names: Names;
}

type Folder = string | undefined;

function followScript({ statements }: Script, from: Folder, following: Following): Folder {
  let folder = from;
  for (const { command } of statements) folder = follow(command, folder, following);
  return folder;
}

function follow(command: Command, from: Folder, following: Following): Folder {
  switch (command.kind) {
    case "simple": {
      if (from !== undefined) following.folders.set(command, from);
      return changedBy(command, from, following.names);
    }
    case "chain": {
      let folder = follow(command.first, from, following);
      for (const link of command.rest) folder = follow(link.command, folder, following);
      return folder;
    }
    case "pipeline": {
      const ends = command.stages.map((stage) => follow(stage.command, from, following));
      // What is alone in it runs in the shell itself.
      return ends.length === 1 ? ends[0] : from;
    }
    case "function":
      follow(command.body, begunInSrcdir.test(command.name) ? "${srcdir}" : undefined, following);
      return from;
    case "compound":
      return followCompound(command.compound, from, following);
  }
}

function followCompound(compound: Compound, from: Folder, following: Following): Folder {
  switch (compound.kind) {
    case "group":
      return followScript(compound.body, from, following);
    case "subshell":
      followScript(compound.body, from, following);
      return from;
    case "if": {
      let end = from;
      for (const { condition, body } of compound.branches) {
        end = followScript(body, followScript(condition, from, following), following);
      }
      return compound.otherwise ? followScript(compound.otherwise, from, following) : end;
    }
    case "while":
    case "until":
      return followScript(compound.body, followScript(compound.condition, from, following), following);
    case "for":
    case "select":
    case "arithmetic-for":
      return followScript(compound.body, from, following);
    case "case": {
      let end = from;
      for (const { body } of compound.items) end = followScript(body, from, following);
      return end;
    }
    default:
      return from;
  }
}

function changedBy(command: SimpleCommand, from: Folder, names: Names): Folder {
  const { name, arguments: words } = runOf(command, names);
  if (name === "popd") return undefined;
  if (name !== "cd" && name !== "pushd") return from;
  const last = command.words.at(-1);
  const target = words.find((word) => !/^-[LPe@]|^--$/.test(word));
  if (target === undefined) return "~";
  if (target === "-" || last?.kind !== "word" || textOfWord(last.word, names).includes("…")) return undefined;
  return joined(from, target);
}

/** A path as seen from that folder; `${startdir}/src` is srcdir by another name. */
export function joined(folder: Folder, path: string): string | undefined {
  if (/^(?:\/|~|\$\{)/.test(path)) return withoutDots(path);
  return folder === undefined ? undefined : withoutDots(`${folder}/${path}`);
}

function withoutDots(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "." || (step === "" && steps.length > 0)) continue;
    const last = steps.at(-1);
    // Above the folder that it begins with nothing is known but that it's outside.
    if (step === ".." && steps.length > 1 && last !== "..") steps.pop();
    else steps.push(step);
  }
  return steps
    .join("/")
    .replace(/^\$\{startdir\}\/src(?=\/|$)/, "${srcdir}")
    .replace(/^\$\{srcdir\}\/\.\.\/src(?=\/|$)/, "${srcdir}");
}
