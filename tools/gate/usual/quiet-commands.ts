import { startingPlaceIn } from "../known/starting-places.ts";
import { runsProgram, sedScripts } from "../known/sed-script.ts";

/** What pacman's hook may run. */
export function isQuietProgram(program: string, words: readonly string[]): boolean {
  const [, name] = /^\/usr\/s?bin\/([\w.-]+)$/.exec(program) ?? [];
  return name !== undefined && isQuietCommand(name, words);
}

type Fits = (words: readonly string[]) => boolean;
const always: Fits = () => true;
/** A file by its name alone, in the folders where packages put such. */
const byName: Fits = (words) => words.every((word) => /^--?[\w=-]+$|^[\w@.+-]+$/.test(word));
const ownPlaces: Fits = (words) =>
  words.every(
    (word) =>
      /^-|^\/?usr\/(?:share|lib)\/[\w/.+-]*$|^\$\{[\w@*]+\}(?:\/usr\/share\/[\w/.-]+)?$|^(?:forceupdate|hicolor)$/.test(
        word,
      ) && !word.includes(".."),
  );

/**
 * Commands of a scriptlet that run nothing of anybody's: they tell the user something, ask, or do what pacman's own hooks
 * and systemd's do for every package.
 */
const table: readonly (readonly [names: string, fits: Fits])[] = [
  [
    "echo : true false return exit break continue shift [ test type which uname id whoami tput basename dirname sleep vercmp getent gettext local readlink cut mountpoint findmnt head tr sha256sum md5sum",
    always,
  ],
  ["hostname", (words) => words.every((word) => word.startsWith("-"))],
  [
    "sed",
    (words) =>
      !words.some((word) => /^-\w*[if]|^--in|^--file/.test(word)) &&
      !sedScripts(words).some((script) => runsProgram(script) || /[wW]/.test(script)),
  ],
  [
    "awk",
    (words) =>
      words.every(
        (word) =>
          /^-F.?$|^\{ *printf?\b[^|>`"]*(?:"[%\w\\. -]*"[^|>`"]*)*\}$/.test(word) &&
          !/getline|system/.test(word),
      ),
  ],
  ["printf", (words) => !(words[0] ?? "").startsWith("-v")],
  ["cat", (words) => words.every((word) => word === "-")],
  ["command", (words) => /^-[vV]$/.test(words[0] ?? "")],
  ["set", (words) => words.every((word) => /^[-+][eux]+$/.test(word))],
  ["grep", always],
  [
    ". source",
    (words) =>
      words.length === 1 && /^\/usr\/share\/makepkg\/util\/(?:message|util)\.sh$/.test(words[0] ?? ""),
  ],
  ["colorize msg msg2 warning error plain", always],
  [
    "gtk-update-icon-cache gtk4-update-icon-cache update-desktop-database update-mime-database glib-compile-schemas fc-cache mkfontscale mkfontdir update-ca-trust install-info xdg-icon-resource xdg-desktop-menu",
    ownPlaces,
  ],
  ["gdk-pixbuf-query-loaders gtk-query-immodules-2.0 gtk-query-immodules-3.0 gio-querymodules", ownPlaces],
  ["ldconfig depmod mandb", (words) => words.every((word) => /^-(?:a|q|A|r)$|^--quiet$|^\.$/.test(word))],
  ["systemd-sysusers systemd-hwdb", byName],
  ["systemd-tmpfiles", (words) => byName(words) && words.includes("--create")],
  ["sysctl", (words) => words.length === 1 && /^--system$|^-q$/.test(words[0] ?? "")],
  [
    "udevadm",
    (words) =>
      /^(?:control|trigger|settle|hwdb)$/.test(words[0] ?? "") &&
      words
        .slice(1)
        .every((word) => /^--?[\w=/*-]+$/.test(word) && !/^--(?:property=|env|exit-if)/.test(word)),
  ],
  [
    "systemctl",
    (words) => words[0] === "set-property" && words.length === 3 && words[2] === "Markers=needs-restart",
  ],
  [
    "systemctl",
    (words) =>
      words.some((word) =>
        /^(?:daemon-reload|is-active|is-enabled|is-system-running|disable|stop|try-restart|reset-failed|status)$/.test(
          word,
        ),
      ) &&
      words.every((word) =>
        /^--?(?:q|quiet|now|user|system|global|no-reload|no-block)$|^[\w@.-]+$|^\$\{\w+\}$/.test(word),
      ) &&
      !words.some((word) =>
        /^(?:start|restart|reload|enable|reenable|preset|link|edit|unmask|isolate|default|set-|import|kill|mask|revert|poweroff|reboot)/.test(
          word,
        ),
      ),
  ],
  ["pacman", (words) => /^-(?:Q|T)[a-z]*$/.test(words[0] ?? "")],
  [
    "locale-gen mkinitcpio",
    (words) => words.every((word) => /^(?:-P|get|set|unset|status|fix|[\w.-]*|\$\{\w+\})$/.test(word)),
  ],
  // The package's own folders and users.
  ["ln mv cp", (words) => areOfOne(withoutOptions(words))],
  [
    "find",
    ([folder, ...tests]) =>
      isOwnFolder(folder ?? "") &&
      tests.every(
        (word, at) =>
          /^-(?:type|i?name|delete|empty|print)$/.test(word) ||
          /^-(?:type|i?name)$/.test(tests[at - 1] ?? ""),
      ),
  ],
  ["rm rmdir", (words) => withoutOptions(words).every((word) => isOwnFolder(word) || isOwnData(word))],
  ["mkdir touch", (words) => withoutOptions(words).every(isOwnFolder)],
  [
    "chown chgrp",
    (words) =>
      withoutOptions(words).every((word, at) =>
        at === 0 ? /^[\w-]*:?[\w-]+$/.test(word) : isOwnFolder(word),
      ),
  ],
  [
    "chmod",
    (words) =>
      withoutOptions(words).every((word, at) =>
        at === 0
          ? /^0?[0-7]{3}$|^[ugoa]*[-+=][rwxX]+(?:,[ugoa]*[-+=][rwxX]+)*$/.test(word)
          : isOwnFolder(word),
      ),
  ],
  [
    "groupadd groupdel userdel",
    (words) =>
      words.every(
        (word, at) =>
          /^(?:-r|-f|--system)$/.test(word) ||
          /^(?:-g|--gid)$/.test(word) ||
          (/^[1-9]\d*$/.test(word) && /^(?:-g|--gid)$/.test(words[at - 1] ?? "")) ||
          (/^[\w-]+$/.test(word) && !others.test(word)),
      ),
  ],
  ["useradd", (words) => isSystemUser(words)],
  [
    "setcap",
    (words) =>
      words.length === 2 &&
      /^(?:cap_(?:sys_nice|net_raw|net_bind_service|sys_resource),?)+[-+=]{1,2}[eip]+$/i.test(
        words[0] ?? "",
      ) &&
      /^\/?usr\/(?:bin|lib)\/[\w/.+-]+$/.test(words[1] ?? "") &&
      !(words[1] ?? "").includes(".."),
  ],
];

/** Below a folder where programs keep what they make, written out; nothing of the system starts from there. */
function isOwnFolder(path: string): boolean {
  return ownerOf(path) !== undefined;
}

/** The name of the package's folder. */
function ownerOf(path: string): string | undefined {
  const [, name] =
    /^\/?(?:opt|srv|run|var\/(?:lib|cache|log|spool|opt))\/([\w.+@-]+)(?:\/[\w.+@*-]+)*\/?$/.exec(path) ?? [];
  const isSystems =
    /^(?:systemd|pacman|dbus|NetworkManager|AccountsService|flatpak|snapd|docker|polkit.*|cron|at)$/;
  if (name === undefined || path.includes("..") || isSystems.test(name)) return undefined;
  return startingPlaceIn(path) === undefined ? name : undefined;
}

function areOfOne(paths: readonly string[]): boolean {
  const owners = new Set(paths.map(ownerOf));
  return owners.size === 1 && !owners.has(undefined);
}

/** To remove what is of no use without the package runs nothing. */
function isOwnData(path: string): boolean {
  return (
    /^\/?usr\/(?:share|lib)\/[\w.+@-]+(?:\/[\w.+@*-]+)*\/?$/.test(path) &&
    !/\.\.|^\/?usr\/lib\/(?:systemd|modules|security|sudo|polkit|libalpm|initcpio)(?:\/|$)/.test(path)
  );
}

/** Programs that a scriptlet may call; a package that brings one of them itself would have it run. */
export function bringsQuietProgram(pkgbuild: string): boolean {
  const names = table.flatMap(([list]) => list.split(" ")).filter((name) => /^[a-z][\w.-]{4,}$/.test(name));
  return new RegExp(
    `/s?bin/(?:${names.map((name) => name.replaceAll(".", "\\.")).join("|")})(?![\\w.-])`,
  ).test(pkgbuild);
}

const others =
  /^(?:root|wheel|sudo|adm|disk|kmem|shadow|docker|sys|bin|daemon|users|nobody|http|ssh|systemd.*|\d.*)$/;

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
      if (
        /^(?:-r|--system|-M|-m|-N|--no-create-home)$/.test(word) ||
        values.some(([option]) => option.test(word))
      )
        return true;
      const value = values.find(([option]) => option.test(words[at - 1] ?? ""));
      return value
        ? value[1].test(word) &&
            !(/^(?:-g|--gid|-G|--groups)$/.test(words[at - 1] ?? "") && others.test(word))
        : at === words.length - 1 && /^[a-z_][\w-]*$/.test(word) && !others.test(word);
    })
  );
}

function withoutOptions(words: readonly string[]): string[] {
  return words.filter((word) => !/^-[A-Za-z]+$|^--(?:recursive|verbose|quiet|silent)$/.test(word));
}

/** Whether a scriptlet may call it so. */
export function isQuietCommand(name: string, words: readonly string[]): boolean {
  return table.some(([names, fits]) => names.split(" ").includes(name) && fits(words));
}
