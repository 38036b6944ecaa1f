import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Command, Script, SimpleCommand, Statement } from "../../pkgbuild/grammar/syntax.ts";
import { walkScript } from "../../pkgbuild/grammar/walk.ts";
import { runsProgram, sedScripts } from "../known/sed-script.ts";
import { isObeyed } from "../known/obeyed-variables.ts";
import { type Names, type Run, runOf, textOfWord } from "../commands/resolved-words.ts";
import { readPkgbuildText } from "../files/side.ts";

/** What pacman's hook may run. */
export function isQuietProgram(program: string, words: readonly string[]): boolean {
  const [, name] = /^\/usr\/s?bin\/([\w.-]+)$/.exec(program) ?? [];
  return name !== undefined && isKnown(name, words);
}

type Fits = (words: readonly string[]) => boolean;
const always: Fits = () => true;
/** A file by its name alone, in the folders where packages put such. */
const byName: Fits = (words) => words.every((word) => /^--?[\w=-]+$|^[\w@.+-]+$/.test(word));
const ownPlaces: Fits = (words) => words.every((word) => /^-|^\/?usr\/(?:share|lib)\/[\w/.+-]*$|^\$\{[\w@*]+\}(?:\/usr\/share\/[\w/.-]+)?$|^(?:forceupdate|hicolor)$/.test(word) && !word.includes(".."));

/**
 * Commands of a scriptlet that run nothing of anybody's: they tell the user something, ask, or do what pacman's own hooks
 * and systemd's do for every package.
 */
const table: readonly (readonly [names: string, fits: Fits])[] = [
  ["echo : true false return exit break continue shift [ test type which uname id whoami hostname tput basename dirname sleep vercmp getent gettext local readlink cut mountpoint findmnt makewhatis head tr sha256sum md5sum", always],
  ["xdg-mime", (words) => words[0] === "query"],
  ["sed", (words) => !words.some((word) => /^-\w*[if]|^--in|^--file/.test(word)) && !sedScripts(words).some((script) => runsProgram(script) || /[wW]/.test(script))],
  ["awk", (words) => words.every((word) => /^-F.?$|^\{ *printf?\b[^|>`"]*(?:"[%\w\\. -]*"[^|>`"]*)*\}$/.test(word) && !/getline|system/.test(word))],
  ["printf", (words) => !(words[0] ?? "").startsWith("-v")],
  ["cat", (words) => words.every((word) => word === "-")],
  ["command", (words) => /^-[vV]$/.test(words[0] ?? "")],
  ["set", (words) => words.every((word) => /^[-+][eux]+$/.test(word))],
  ["grep", always],
  [". source", (words) => words.length === 1 && /^\/usr\/share\/makepkg\/util\/\w+\.sh$/.test(words[0] ?? "")],
  ["colorize msg msg2 warning error plain", always],
  ["gtk-update-icon-cache gtk4-update-icon-cache update-desktop-database update-mime-database glib-compile-schemas fc-cache mkfontscale mkfontdir update-ca-trust install-info texhash mktexlsr xdg-icon-resource xdg-desktop-menu kbuildsycoca5 kbuildsycoca6", ownPlaces],
  ["gdk-pixbuf-query-loaders gtk-query-immodules-2.0 gtk-query-immodules-3.0 gio-querymodules", ownPlaces],
  ["ldconfig depmod mandb", (words) => words.every((word) => /^-(?:a|q|A|r)$|^--quiet$|^\.$/.test(word))],
  ["systemd-sysusers systemd-hwdb", byName],
  ["systemd-tmpfiles", (words) => byName(words) && words.includes("--create")],
  ["sysctl", (words) => words.length === 1 && /^--system$|^-q$/.test(words[0] ?? "")],
  ["udevadm", (words) => /^(?:control|trigger|settle|hwdb)$/.test(words[0] ?? "") && words.slice(1).every((word) => /^--?[\w=/*-]+$/.test(word) && !/^--(?:property=|env|exit-if)/.test(word))],
  ["systemctl", (words) => words[0] === "set-property" && words.length === 3 && words[2] === "Markers=needs-restart"],
  ["systemctl", (words) => words.some((word) => /^(?:daemon-reload|is-active|is-enabled|is-system-running|disable|stop|try-restart|reset-failed|status)$/.test(word)) && words.every((word) => /^--?(?:q|quiet|now|user|system|global|no-reload|no-block)$|^[\w@.-]+$|^\$\{\w+\}$/.test(word)) && !words.some((word) => /^(?:start|restart|reload|enable|reenable|preset|link|edit|unmask|isolate|default|set-|import|kill|mask|revert|poweroff|reboot)/.test(word))],
  ["pacman", (words) => /^-(?:Q|T)[a-z]*$/.test(words[0] ?? "")],
  ["iconvconfig locale-gen mkinitcpio archlinux-java fix_default", (words) => words.every((word) => /^(?:-P|get|set|unset|status|fix|[\w.-]*|\$\{\w+\})$/.test(word))],
  // The package's own folders and users.
  ["ln mv cp", (words) => withoutOptions(words).every(isOwnFolder)],
  ["find", ([folder, ...tests]) => isOwnFolder(folder ?? "") && tests.every((word, at) => /^-(?:type|i?name|delete|empty|print)$/.test(word) || /^-(?:type|i?name)$/.test(tests[at - 1] ?? ""))],
  ["rm rmdir mkdir touch", (words) => words.every((word) => /^-[\w-]+$/.test(word) || isOwnFolder(word))],
  ["chown chgrp", (words) => withoutOptions(words).every((word, at) => (at === 0 ? /^[\w-]*:?[\w-]+$/.test(word) : isOwnFolder(word)))],
  ["chmod", (words) => withoutOptions(words).every((word, at) => (at === 0 ? /^0?[0-7]{3}$|^[ugoa]*[-+=][rwxX]+(?:,[ugoa]*[-+=][rwxX]+)*$/.test(word) : isOwnFolder(word)))],
  ["groupadd groupdel userdel", (words) => words.every((word, at) => /^(?:-r|-f|--system)$/.test(word) || /^(?:-g|--gid)$/.test(word) || (/^[1-9]\d*$/.test(word) && /^(?:-g|--gid)$/.test(words[at - 1] ?? "")) || (/^[\w-]+$/.test(word) && !others.test(word)))],
  ["useradd", (words) => isSystemUser(words)],
  ["setcap", (words) => words.length === 2 && /^(?:cap_(?:sys_nice|net_raw|net_bind_service|sys_resource),?)+[-+=]{1,2}[eip]+$/i.test(words[0] ?? "") && /^\/?usr\/(?:bin|lib)\/[\w/.+-]+$/.test(words[1] ?? "") && !(words[1] ?? "").includes("..")],
];

/** Below a folder that belongs to one package, written out. */
function isOwnFolder(path: string): boolean {
  return /^\/?(?:opt|srv|run|usr\/share|usr\/lib|var\/(?:lib|cache|log|spool|opt))\/[\w.+@-]+(?:\/[\w.+@*-]+)*\/?$/.test(path) && !/\.\.|^\/?(?:usr\/lib|var\/lib|usr\/share)\/(?:systemd|pacman|modules|libalpm|security|sudo|polkit|dbus|ld|libc|udev|initcpio|gnupg|ca-certificates)/.test(path);
}

const others = /^(?:root|wheel|sudo|adm|disk|kmem|shadow|docker|sys|bin|daemon|users|nobody|http|ssh|systemd.*|\d.*)$/;

/** `useradd -r -g foo -d /var/lib/foo -s /usr/bin/nologin -c Foo foo` */
function isSystemUser(words: readonly string[]): boolean {
  const values: readonly (readonly [option: RegExp, value: RegExp])[] = [
    [/^(?:-g|--gid|-c|--comment|-G|--groups)$/, /^[\w .@-]+$/],
    [/^(?:-u|--uid)$/, /^[1-9]\d*$/],
    [/^(?:-d|--home|--home-dir)$/, /^\/(?:var\/lib|opt|srv|dev|run|var\/empty)(?:\/[\w.-]*)*$/],
    [/^(?:-s|--shell)$/, /^(?:\/usr)?\/s?bin\/(?:nologin|false)$/],
  ];
  const isSystem = words.some((word) => /^(?:-r|--system)$/.test(word));
  return (
    isSystem &&
    words.every((word, at) => {
      if (/^(?:-r|--system|-M|-m|-N|--no-create-home)$/.test(word) || values.some(([option]) => option.test(word))) return true;
      const value = values.find(([option]) => option.test(words[at - 1] ?? ""));
      return value ? value[1].test(word) && !(/^(?:-g|--gid|-G|--groups)$/.test(words[at - 1] ?? "") && others.test(word)) : at === words.length - 1 && /^[a-z_][\w-]*$/.test(word) && !others.test(word);
    })
  );
}

function withoutOptions(words: readonly string[]): string[] {
  return words.filter((word) => !/^-[A-Za-z]+$|^--(?:recursive|verbose|quiet|silent)$/.test(word));
}

function isKnown(name: string, words: readonly string[]): boolean {
  return table.some(([names, fits]) => names.split(" ").includes(name) && fits(words));
}

/** What may stand in `$(…)`: its output is a value that bash may compare as a number. */
const asked = /^(?:vercmp|tput|printf|echo|gettext|uname|id|basename|dirname|cat)$/;

/** The first thing in it that is more; undefined where it only tells, asks and refreshes caches. */
export function notQuiet(text: string): string | undefined {
  const read = readPkgbuildText(text);
  if (!("recipe" in read)) return "it can't be understood";
  const { script, functions } = read.recipe;
  const names: Names = { get: () => undefined };
  let found: string | undefined;
  const more = (what: string): void => void (found ??= what);
  const own = new Set(functions.keys());
  const counts = comparesNumbers(script);
  const visit = {
    statement: ({ background }: Statement) => background && more("&"),
    function: () => true,
    simple: (command: SimpleCommand) => {
      const run = runOf(command, names);
      if (command.words.length > 0 && !isQuiet(run, command, own)) more([run.program, ...run.arguments].join(" "));
      for (const { name, value } of command.assignments)
        if (isObeyed(name) || (command.words.length > 0 && value.kind === "array")) more(`${name}=`);
      redirections(command, names, more);
    },
    substitution: ({ direction, script: inner }: { direction: string; script: { statements: readonly Statement[] } }) => {
      if (direction !== "$") more("a process as a file");
      walkScript(inner, { simple: (command) => { const name = commandName(command); if (counts && name !== "" && (name === undefined || !(asked.test(name) || own.has(name)))) more(`$(${name ?? "…"})`); } });
      return true;
    },
    compound: (compound: { kind: string }) => void (compound.kind === "select" && more("select")),
    part: (part: { kind: string; prefix?: string; operator?: string }) => { if (part.kind === "parameter" && (part.prefix === "!" || part.operator?.startsWith("@P"))) more("an indirect name"); },
  };
  walkScript(script, { ...visit, statement: (one) => { visit.statement(one); compoundRedirections(one.command, names, more); } });
  return found;
}

/** bash takes a value that it compares as a number for an expression, and runs what stands in it. */
function comparesNumbers(script: Script): boolean {
  let found = false;
  walkScript(script, {
    function: () => true,
    compound: ({ kind }) => void (found ||= /^arithmetic/.test(kind)),
    part: (part) => void (found ||= part.kind === "arithmetic" || (part.kind === "parameter" && (part.index !== undefined || part.operator === ":"))),
    test: (expression) => void (found ||= expression.kind === "binary" && /^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator)),
  });
  return found;
}

function isQuiet({ name, program, arguments: words }: Run, command: SimpleCommand, own: ReadonlySet<string>): boolean {
  if (name === undefined || commandName(command) === undefined) return false;
  if (own.has(program)) return true;
  if (program !== name && !/^\/?(?:usr\/)?s?bin\/[\w.-]+$/.test(program)) return false;
  return isKnown(name, words);
}

function redirections({ redirections }: Pick<SimpleCommand, "redirections">, names: Names, more: (what: string) => void): void {
  for (const { operator, target } of redirections) {
    const to = textOfWord(target, names);
    if (/^(?:<<-?|<<<|<)$/.test(operator)) continue;
    // A login shell's own name.
    if (operator === ">>" && /^\/?etc\/shells$/.test(to)) continue;
    if (/^(?:>|>>|&>|>&|>\||&>>)$/.test(operator) && /^(?:\/dev\/(?:null|stderr|stdout|tty)|\d|-)$/.test(to)) continue;
    more(`${operator}${to}`);
  }
}

function compoundRedirections(command: Command, names: Names, more: (what: string) => void): void {
  if (command.kind === "compound") redirections(command, names, more);
  if (command.kind === "function") redirections(command.body, names, more);
}
