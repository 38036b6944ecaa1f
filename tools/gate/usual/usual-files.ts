import { isObeyed } from "../known/obeyed-variables.ts";
import { isQuietProgram } from "./quiet-commands.ts";
import { othersUnit } from "./waiting-places.ts";
import { startingContent, startingFile } from "../known/starting-places.ts";

/** Units do nothing until they're enabled; those of others' names, and what an Exec line does with a shell, aren't usual. */
const unitName =
  /^(?:[\w.:-]+@?\.)?(?:service|socket|timer|path|target|mount|automount|slice|swap|systemd)(?:\.in)?$/;

function isUnit(path: string, text: string): boolean {
  const name = path.split("/").at(-1) ?? "";
  if (!unitName.test(name) || othersUnit.test(name)) return false;
  const lines = text.replaceAll(/\\\n/g, " ").split("\n");
  return lines.every(
    (line) =>
      /^\s*(?:[#;].*)?$|^\s*\[[\w -]+\]\s*$/.test(line) ||
      (/^\s*[A-Z]\w*\s*=/.test(line) &&
        !/^\s*Exec\w*\s*=.*\b(?:sh|bash|dash|zsh|ksh|python[\d.]*|perl|ruby|node|lua)\b.*\s-\w*[ce]\b/.test(
          line,
        ) &&
        !/^\s*(?:Alias|DefaultInstance|Also)\s*=.*(?:systemd-|display-manager|dbus|getty)/.test(line)),
  );
}

/** A group or a user of its own, without root's number and no member of another's group. */
function isSysusers(path: string, text: string): boolean {
  return (
    /sysusers/.test(path) &&
    text
      .split("\n")
      .every((line) =>
        /^\s*(?:#.*)?$|^(?:u!?|g)\s+"?[\w-]+"?(?:\s+(?:-(?::[\w-]+)?|[1-9]\d*(?::[\w-]+)?)(?:\s|$)|\s*$)|^m\s+\S+\s+(?!root|wheel|sudo|shadow|disk|kmem|docker|adm)[\w-]+\s*$|^r\s/.test(
          line,
        ),
      )
  );
}

/** Folders below those that hold what programs keep: nothing is written into them, and nobody gets another's rights. */
function isTmpfiles(path: string, content: string): boolean {
  const own = (path.split("/").at(-1) ?? "").split(/\.|-tmpfiles/)[0] ?? "";
  const text = content
    .replaceAll(/(?<=\S)\/\/+/g, "/")
    .replaceAll(
      new RegExp(
        `^([dzZL][+]?\\s+)/(?:etc|usr/lib|usr/share)/(?=${own.replaceAll(/\W/g, "\\$&")}(?:\\s|/))`,
        "gm",
      ),
      "$1/opt/",
    );
  return (
    /tmpfiles?/.test(path) &&
    text
      .split("\n")
      .every(
        (line) =>
          (/^\s*(?:#.*)?$|^[dDevqQxXzZrR][!+=~^-]{0,3}\s+"?\/(?:run|var\/run|var\/lib|var\/cache|var\/log|var\/spool|var\/opt|var\/tmp|tmp|srv|opt)\/[\w.@%*-][^\s"]*"?(?:\s+(?:-|[:~]*[0-2]?[0-7]{3})(?:\s.*)?)?\s*$/.test(
            line,
          ) &&
            !/\/\.\.(?:\/|\s|$)/.test(line)) ||
          isOwnLink(line),
      )
  );
}

/** A link between two such folders. */
function isOwnLink(line: string): boolean {
  const place = "\\/(?:run|var\\/(?:lib|cache|log|spool|opt)|srv|opt)\\/[\\w.@%/-]+";
  return new RegExp(`^L[+]?\\s+${place}(?:\\s+-){4}\\s+${place}\\s*$`).test(line) && !line.includes("..");
}

/** Rules for devices that run no program: modes, owners, names and tags. */
function isDeviceRules(path: string, text: string): boolean {
  return (
    /\.(?:rules|udev)$/.test(path) &&
    text
      .replaceAll(/\\\n/g, " ")
      .split("\n")
      .every((line) =>
        /^\s*(?:#.*)?$|^\s*(?:(?:ACTION|SUBSYSTEMS?|KERNELS?|DRIVERS?|DEVPATH|NAME|SYMLINK|MODE|OWNER|GROUP|TAGS?|GOTO|LABEL|TEST|OPTIONS|(?:ENV|ATTRS?|SYSCTL|CONST|TEST)\{[^}]*\})\s*(?:[!=]=|[-+:]?=)\s*"[^"]*"\s*,?\s*)+$/.test(
          line,
        ),
      ) &&
    !/SYSTEMD_|"(?:k?mem|port|sd|nvme|dm-|mapper)[^"]*"|SUBSYSTEM=="(?:block|mem)"/.test(text)
  );
}

/** Modules to load, and their options. */
function isModules(path: string, text: string): boolean {
  const line = /modules-load/.test(path)
    ? /^\s*(?:[#;].*|[\w-]+\s*)?$/
    : /modprobe|blacklist/.test(path)
      ? /^\s*(?:#.*)?$|^\s*(?:options|blacklist|alias|softdep)\s+[\w\s=:,.*-]+$/
      : undefined;
  return line !== undefined && text.split("\n").every((one) => line.test(one));
}

/** A kernel module, built by make as its source says, and no script before or after. */
function isDkms(path: string, text: string): boolean {
  return (
    /(?:^|\/)dkms\.conf(?:\.in)?$/.test(path) &&
    text
      .replaceAll(/\\\n/g, " ")
      .split("\n")
      .every(
        (line) =>
          /^\s*(?:#.*)?$|^\s*(?:PACKAGE_(?:NAME|VERSION)|BUILT_MODULE_\w+(?:\[\d+\])?|DEST_MODULE_\w+(?:\[\d+\])?|AUTOINSTALL|REMAKE_INITRD|CLEAN|MAKE(?:\[\d+\])?|MODULES_CONF\w*(?:\[\d+\])?|BUILD_EXCLUSIVE_\w+|BUILD_DEPENDS(?:\[\d+\])?|PATCH(?:_MATCH)?\[\d+\]|STRIP(?:\[\d+\])?|NO_WEAK_MODULES|OBSOLETE_BY)\s*=\s*(?:"[^"`;&|<>]*"|'[^'`;&|<>]*'|[\w.@/-]*)\s*(?:#.*)?$/.test(
            line,
          ) && !line.includes("$("),
      )
  );
}

/** A patch that brings none of it, whatever it leaves as it is. */
function isPatch(path: string, text: string): boolean {
  if (!/\.(?:patch|diff)$/.test(path)) return false;
  const added = text
    .split("\n")
    .filter((line) => line.startsWith("+") && !line.startsWith("+++ "))
    .map((line) => line.slice(1))
    .join("\n");
  const patched = [...text.matchAll(/^(?:\+\+\+|---) (\S+)/gm)].map(([, name = ""]) => name);
  return (
    !startingContent.test(added) &&
    !patched.some(
      (name) => startingFile.test(name) && !/\.(?:c|h|cc|cpp|hpp|rs|go|py|js|ts|java|cs|rst)$/.test(name),
    )
  );
}

/** A hook that refreshes a cache, as pacman's own do. */
function isHook(path: string, text: string): boolean {
  if (!path.endsWith(".hook")) return false;
  return text.split("\n").every((line) => {
    const [, command] = /^\s*Exec\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (command === undefined)
      return /^\s*(?:#.*)?$|^\s*\[(?:Trigger|Action)\]\s*$|^\s*(?:(?:Operation|Type|Target|Description|When|Depends)\s*=.*|AbortOnFail|NeedsTargets)\s*$/.test(
        line,
      );
    const [program = "", ...words] = command.split(/\s+/);
    return isQuietProgram(program, words);
  });
}

/** A shell's profile that only sets variables which nobody takes orders from, and appends to PATH. */
function isEnvironment(path: string, text: string): boolean {
  const place = "(?:\\/(?:opt|usr)|\\$\\{?[A-Z]+_(?:HOME|ROOT|DIR)\\}?)\\/[\\w/.+@-]+";
  const line = new RegExp(
    "^\\s*(?:#.*)?$" +
      `|^\\s*(?:append_path|appendpath)\\s+["']?${place}["']?$` +
      `|^\\s*(?:export\\s+)?PATH=["']?\\$\\{?PATH\\}?(?::${place})+["']?$|^\\s*setenv\\s+PATH\\s+["']?\\$\\{?PATH\\}?(?::${place})+["']?$` +
      `|^\\s*\\[ -d ${place} \\] && PATH=\\$PATH:${place}$|^\\s*export\\s+PATH$`,
  );
  return (
    /\.(?:c?sh|fish|profile)$/.test(path) &&
    text.split("\n").every((one) => {
      const [, name, value] =
        /^\s*(?:export\s+|setenv\s+|set\s+-gx\s+)?([A-Z]\w*)(?:=|\s+)("[^"`]*"|'[^']*'|[\w/.:+-]*)\s*(?:#.*)?$/.exec(
          one,
        ) ?? [];
      if (name !== undefined && !isObeyed(name) && !/\$\(|`|\$\{[^}]*[^\w}]/.test(value ?? "")) return true;
      return line.test(one);
    })
  );
}

/** A text for people, which nothing runs by its name. */
function isDocument(path: string, text: string): boolean {
  return (
    /\.(?:md|rst|txt|adoc)$|(?:^|\/)(?:README|NEWS|CHANGELOG|LICEN[CS]E|[\w-]*EULA)$/i.test(path) &&
    !text.startsWith("#!")
  );
}

/** Why a file may lie where the system looks for such: it does no more than this. */
export function placedFileReason(path: string, text: string): string | undefined {
  return placed.find(([fits]) => fits(path, text))?.[1];
}

const placed: readonly (readonly [fits: (path: string, text: string) => boolean, reason: string])[] = [
  [isUnit, "a unit waits until it's enabled"],
  [isSysusers, "users and groups of its own"],
  [isTmpfiles, "folders of its own"],
  [isDeviceRules, "it sets modes and names of devices"],
  [isModules, "modules and their options"],
  [isDkms, "it builds its own module"],
  [isHook, "it refreshes a cache, as pacman's own hooks do"],
  [isEnvironment, "it sets variables that order nothing"],
];

/** Why a file of a recipe may look like one that starts something. */
export function usualFileReason(path: string, text: string): string | undefined {
  if (isDocument(path, text)) return "a text for people";
  if (isPatch(path, text)) return "what it adds is none";
  return placedFileReason(path, text);
}

/** A starter's line that says where the package's own libraries lie. */
export function isLibraryPath(line: string): boolean {
  return /^\s*export LD_LIBRARY_PATH="?(?:(?:\/(?:opt|usr\/(?:lib|share))\/[\w.+@/-]+|\$\{?_?[A-Z]\w*\}?(?:\/[\w.+@/-]+)?):?)+"?$/.test(
    line,
  );
}
