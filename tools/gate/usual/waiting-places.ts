import { startingPlaceIn } from "../known/starting-places.ts";

/**
 * Places whose files wait until somebody asks for them: a unit until it's enabled, a session until it's chosen, a
 * completion until its command is typed, a bus service until it's called, an extension until its program is started;
 * that declare users, folders and settings which pacman's own hooks apply to every package; and those of drivers. What
 * lies in /etc takes precedence over others' files, so of it only drivers' places are among them.
 */
const name = "[\\w.*+@-]*";
const waiting = new RegExp(
  "^(?:.*/)?(?:" +
    [
      `usr/lib/systemd/(?:system|user)(?:/[\\w.:*-]*@?(?:\\.(?:service|socket|timer|path|target|mount|automount|slice|swap|\\*))?)?`,
      `usr/(?:lib|share)/(?:sysusers\\.d|tmpfiles\\.d)(?:/${name})?`,
      `usr/share/(?:bash-completion/completions|zsh/(?:site|vendor)-(?:functions|completions)|fish/(?:vendor_)?completions(?:\\.d)?|elvish/lib)(?:/${name})?`,
      `usr/share/(?:xsessions|wayland-sessions)(?:/${name})?`,
      `(?:usr/share|etc)/dbus-1/(?:system-services|services|system\\.d)(?:/${name})?`,
      `usr/share/polkit-1(?:/actions(?:/${name})?)?`,
      `etc/(?:apparmor|ananicy)\\.d(?:/${name})?`,
      `usr/lib/initcpio/(?:install|hooks)(?:/${name})?`,
      // Nothing of the system lies there.
      `opt/[\\w.+@-]+/.*|usr/lib/jvm/.*`,
      // Extensions of programs that users start.
      `usr/share/(?:vim/vimfiles|nvim/site|nvim/runtime|gnome-shell/extensions|plasma/shells|plasma/look-and-feel|nautilus-python/extensions)(?:/${name})*`,
      `usr/lib/cups/(?:filter|driver)(?:/${name})*`,
      `usr/(?:lib|share)/(?:firefox|librewolf|mozilla|thunderbird|chromium)(?:/browser)?/extensions(?:/${name})*`,
      `(?:usr/lib|etc)/(?:mozilla|chromium|opt/chrome|opt/edge)/native-messaging-hosts(?:/${name})?`,
      // Drivers.
      `(?:usr/lib|etc)/(?:udev/(?:rules|hwdb)|modprobe|modules-load|depmod|X11/xorg\\.conf|sane\\.d/dll)\\.d(?:/${name})?`,
      `(?:usr/share)/X11/xorg\\.conf\\.d(?:/${name})?`,
      `(?:${name}/)*dkms\\.conf`,
      // Where submodules come from; which commit they are at, the source itself says.
      `\\.gitmodules`,
    ].join("|") +
    ")/?$",
);

/** Units that others start by these names, or that stand for whole groups of them. */
export const othersUnit =
  /^(?:systemd-|initrd|plymouth|display-manager|default\.|dbus[.-]|getty|autovt|serial-getty|console-getty|syslog\.|rc-local|rescue|emergency|ctrl-alt-del|kbrequest|multi-user|graphical|basic|sysinit|local-fs|network\.|network-online|timers\.|sockets\.|paths\.|user@|user-|exit\.)/;
const unit = /\.(?:service|socket|timer|path|target|mount|automount|slice|swap|scope)$/;
const enabling =
  /\.(?:wants|requires|upholds)(?:\/|$)|\.(?:service|socket|timer|path|target|mount|automount|slice|swap|scope)\.d(?:\/|$)|@[^./]+\.(?:service|socket|timer)$|\.preset$/;
/** What such files have run when something happens. */
export const orders =
  /\bRUN\b|\bPROGRAM\b|\bIMPORT\{program\}|SYSTEMD_(?:USER_)?WANTS|^\s*install\s|(?:PRE|POST)_(?:BUILD|ADD|INSTALL|REMOVE)|MAKE(?:\[\d+\])?=.*[;&|`]/m;

/** Names on the buses that much else calls, with nobody asking for it. */
const calledByAll =
  /dbus-1\/(?:system-)?services\/(?:org\.(?:freedesktop|gnome|kde|a11y|bluez|gtk|mate|xfce)|ca\.desrt)\b/;

/** A unit, or a folder of units, that another's unit or the system itself starts. */
export function startsByName(path: string): boolean {
  const last = path.split("/").at(-1) ?? "";
  return calledByAll.test(path) || enabling.test(path) || (unit.test(last) && othersUnit.test(last));
}

/** Whether all places in the text from which something starts by itself are such. */
export function allWait(text: string): boolean {
  if (startingPlaceIn(text) === undefined) return true;
  if (orders.test(text)) return false;
  return text
    .replaceAll(/\$\{[^}]*\}/g, "X")
    .split(/[^\w./*+@:-]+/)
    .every((path) => {
      if (startingPlaceIn(path) === undefined) return true;
      return !path.includes("..") && !startsByName(path) && waiting.test(path);
    });
}
