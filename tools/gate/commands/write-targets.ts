import type { Rules } from "../rules/finding.ts";
import type { Redirection, SimpleCommand, Word } from "../../pkgbuild/grammar/syntax.ts";
import { type Names, type Run, textOfWord } from "./resolved-words.ts";
import { joined } from "./working-folder.ts";

export const writeRules = {
  outside: {
    severity: "danger",
    says: "writes outside srcdir and pkgdir",
    protects: "A build must not change the builder.",
  },
} as const satisfies Rules;

/** Where a command writes to, if that's outside the folders of the build, or one of the recipe's own files. */
export function writesOutside(
  run: Run,
  command: SimpleCommand,
  names: Names,
  folder: string | undefined,
): string | undefined {
  const targets = writtenBy(run, command, names);
  return (
    redirectsOutside(command.redirections, names) ??
    targetsOf(run).find(isOutside) ??
    targets.find((path) => isOutside(joined(folder, path) ?? "") && !isDevice(path)) ??
    targets.find((path) => isOwnFile(joined(folder, path) ?? path)) ??
    (/^(?:cat|grep|egrep|fgrep|rg|head|tail|diff|cmp|wc|\w+sum|test|\[|cp|install|sed|source|\.)$/.test(
      run.name ?? "",
    )
      ? undefined
      : run.arguments.find((word) => mentionsOwnFile.test(word)))
  );
}

/** Every path that a command writes, as it's written there. */
export function writtenBy(run: Run, command: SimpleCommand, names: Names): string[] {
  const redirected = command.redirections
    .filter(({ operator }) => /^(?:>|>>|>\||&>|&>>|<>)$/.test(operator))
    .map(({ target }) => homeOf(target, textOfWord(target, names)));
  return [...redirected, ...targetsOf(run)];
}

function isDevice(path: string): boolean {
  return /^\/dev\/(?:null|stdout|stderr|stdin|tty|zero|fd\/\d)$/.test(path);
}

/** The recipe and its scriptlets, which lie beside srcdir, with links to them in srcdir. */
function isOwnFile(path: string): boolean {
  return /^(?:(?:\$\{(?:srcdir|startdir)\}\/)?(?:\.\.\/)*)(?:PKGBUILD|\.SRCINFO|[^/]*\.install)$/.test(path);
}

const mentionsOwnFile =
  /(?:^|[\s'"=(])(?:(?:\.\.\/)+|\$\{startdir\}\/|\$\{srcdir\}\/\.\.\/)(?:PKGBUILD|\.SRCINFO|[\w.@+-]+\.install)\b/;

/** The same of redirections alone, as groups and functions have them, too. */
export function redirectsOutside(redirections: readonly Redirection[], names: Names): string | undefined {
  return redirections
    .filter(({ operator }) => /^(?:>|>>|>\||&>|&>>|<>)$/.test(operator))
    .map(({ target }) => homeOf(target, textOfWord(target, names)))
    .find((path) => isOutside(path) && !/^\/dev\/(?:tty|zero)$/.test(path));
}

function homeOf({ parts: [first] }: Word, text: string): string {
  return first?.kind === "literal" && first.quoted && text.startsWith("~") ? `./${text}` : text;
}

function isOutside(path: string): boolean {
  if (
    /^(?:\/|~|\$\{(?:HOME|XDG_\w+|TMPDIR|startdir|USER|OLDPWD|SRCDEST|PKGDEST|BUILDDIR|GNUPGHOME)(?:…)?\})/.test(
      path,
    )
  ) {
    return !/^\/dev\/(?:null|stdout|stderr|stdin|fd\/\d)$/.test(path);
  }
  if (/^\$\{(?:pkgdir|srcdir)\}(?:\/.*)?\/\.\.(?:\/|$)/.test(path)) return leavesBase(path);
  return /^(?:\.\.\/){2,}/.test(path) || (/^\.\.\/(?!\$)/.test(path) && leavesBase(path));
}

/** Counts the steps up and down behind the folder that it begins with. */
function leavesBase(path: string): boolean {
  let depth = path.startsWith("..") ? 1 : 0;
  for (const step of path.split("/").slice(path.startsWith("..") ? 0 : 1)) {
    if (step === "..") depth -= 1;
    else if (step !== "" && step !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** The arguments that the program changes or creates. */
function targetsOf({ name, arguments: words }: Run): string[] {
  const plain = words.filter((word) => !word.startsWith("-"));
  const into = words.flatMap((word, at) => {
    const [, joined] =
      /^(?:-t|--target-directory=|of=|--directory=|-C|-o|--output=|--prefix=|-d)(.+)$/.exec(word) ?? [];
    if (joined !== undefined) return /^(?:-d|-o|--prefix)/.test(word) ? [] : [joined];
    return /^(?:-t|--target-directory)$/.test(words[at - 1] ?? "") ? [word] : [];
  });
  switch (name) {
    case "cp":
    case "mv":
    case "ln":
    case "rsync":
      return [...into, ...(into.length === 0 ? plain.slice(-1) : [])];
    case "install":
      return words.some((word) => /^-[A-Za-z]*d|^--directory$/.test(word))
        ? plain.filter((word) => !/^[0-7]{3,4}$/.test(word))
        : [...into, ...(into.length === 0 ? plain.slice(-1) : [])];
    case "tee":
    case "mkdir":
    case "rm":
    case "rmdir":
    case "touch":
    case "split":
    case "mkfifo":
    case "sponge":
    case "truncate":
    case "shred":
    case "unlink":
    case "cd":
    case "pushd":
      return plain;
    case "chmod":
    case "chown":
    case "chgrp":
    case "chattr":
      return plain.slice(1);
    case "dd":
      return into;
    case "sed":
    case "perl":
      return words.some((word) => /^-\w*i|^--in-place/.test(word)) ? behindScript(words) : [];
    case "tar":
    case "bsdtar":
    case "unzip": {
      return words.flatMap((word, at) =>
        /^-(?:C|d)$|^--directory$/.test(words[at - 1] ?? "")
          ? [word]
          : /^(?:-C|--directory=)./.test(word)
            ? [word.replace(/^-C|^--directory=/, "")]
            : [],
      );
    }
    case "patch":
      return words.flatMap((word, at) =>
        /^-(?:d|o)$|^--(?:directory|output)$/.test(words[at - 1] ?? "") ? [word] : [],
      );
    default:
      return [];
  }
}

const scriptOption = /^-[A-Za-z]*[ef]$|^--(?:expression|file)$/;

/** The files of `sed` and `perl`: what isn't an option, an option's script, or the script itself. */
function behindScript(words: readonly string[]): string[] {
  const hasOption = words.some((word) => scriptOption.test(word) || /^--(?:expression|file)=/.test(word));
  const plain = words.filter((word, at) => !word.startsWith("-") && !scriptOption.test(words[at - 1] ?? ""));
  return hasOption ? plain : plain.slice(1);
}
