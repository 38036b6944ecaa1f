import type { SimpleCommand } from "../../pkgbuild/grammar/syntax.ts";
import type { Run } from "./resolved-words.ts";

/** What makepkg takes out of the recipe's variables; a command that sets one hides it from who looks for `name=`. */
const taken =
  /^(?:install|changelog|pkg(?:name|base|ver|rel)|epoch|arch|validpgpkeys|noextract|(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?|pkgdir|srcdir|startdir)$/;

export type SettingRule = "scriptlet" | "assigned-again";

/** The rule that it breaks to set such a variable in another way than by an assignment. */
export function ruleOfSetting(name: string): SettingRule | undefined {
  if (/^(?:install|changelog)$/.test(name)) return "scriptlet";
  return taken.test(name) ? "assigned-again" : undefined;
}

/** Names of the variables that a builtin sets. */
export function namesSetBy(run: Run, command: SimpleCommand): string[] {
  const { name, arguments: words } = run;
  const descriptors = command.redirections.flatMap(
    ({ descriptor }) => /^\{(\w+)\}$/.exec(descriptor)?.[1] ?? [],
  );
  return [...descriptors, ...setByWords(name, words)].map((word) => word.replace(/\[.*$/s, ""));
}

function setByWords(name: string | undefined, words: readonly string[]): string[] {
  switch (name) {
    case "read":
      return words.filter(
        (word, at) => !word.startsWith("-") && !/^-[ers]*[dnNptui]$/.test(words[at - 1] ?? ""),
      );
    case "mapfile":
    case "readarray":
    case "getopts":
      return words.slice(-1).concat(words.slice(1, 2));
    case "printf":
      return words[0] === "-v" ? words.slice(1, 2) : [words[0]?.replace(/^-v/, "") ?? ""];
    case "wait":
    case "coproc":
      return [...words];
    case "let":
      return words.flatMap((word) =>
        [...word.matchAll(/([A-Za-z_]\w*)(?:\[[^\]]*\])?\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)/g)].map(
          ([, set = ""]) => set,
        ),
      );
    case "export":
    case "readonly":
    case "declare":
    case "typeset":
    case "local":
      return words.flatMap((word) => /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/s.exec(word)?.[1] ?? []);
    default:
      return [];
  }
}
