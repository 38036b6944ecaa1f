/** A place on a user's machine where a file acts by being there: nobody has to start it. */
export interface WatchedPlace {
  /** With its article: `a systemd unit`. */
  readonly what: string;
  /** How grave a new one is, from 1 to 9; what a person looks at first is sorted by it. */
  readonly weight: number;
  /** Of paths in packages, without a `/` at their begin. */
  readonly path: RegExp;
}

/** The first that matches counts. */
const places: readonly WatchedPlace[] = [
  { what: "a library that every program loads", weight: 9, path: /^etc\/ld\.so\.preload$/s },
  { what: "a sudo or doas rule", weight: 9, path: /^etc\/(?:sudoers(?:\.d\/.+)?|sudo\.conf|doas\.conf)$/s },
  {
    what: "a PAM module or rule",
    weight: 9,
    path: /^(?:etc\/(?:pam\.d|security)\/|usr\/lib\/(?:pam\.d|security)\/)/s,
  },
  { what: "an account or password file", weight: 9, path: /^etc\/(?:passwd|shadow|group|gshadow)-?$/s },
  { what: "a polkit rule", weight: 8, path: /^(?:etc|usr\/share)\/polkit-1\/(?:rules\.d|actions)\/.+/s },
  { what: "a file in somebody's home", weight: 8, path: /^(?:root|home)\/.+/s },
  {
    what: "an alpm hook",
    weight: 7,
    path: /^(?:usr\/share\/libalpm\/(?:hooks|scripts)|etc\/pacman\.d\/hooks)\/.+/s,
  },
  {
    what: "a setting of pacman or makepkg",
    weight: 7,
    path: /^(?:etc\/(?:pacman|makepkg)(?:\.d\/.+|\.conf(?:\.d\/.+)?)|usr\/share\/makepkg\/.+)$/s,
  },
  {
    what: "a unit that is enabled by being there",
    weight: 7,
    path: /\/systemd\/(?:system|user)\/[^/]+\.(?:wants|requires|upholds)\/.+/s,
  },
  {
    what: "a generator or sleep script of systemd",
    weight: 7,
    path: /\/systemd\/(?:[^/]+-generators|system-(?:sleep|shutdown))\/.+/s,
  },
  { what: "a setting of which units are enabled", weight: 6, path: /\/systemd\/(?:system|user)-preset\/.+/s },
  { what: "a setting of another unit", weight: 6, path: /\/systemd\/(?:system|user)\/[^/]+\.d\/.+/s },
  {
    what: "a setting of systemd",
    weight: 5,
    path: /\/systemd\/[^/]+\.conf(?:\.d\/.+)?$/s,
  },
  { what: "a systemd unit", weight: 6, path: /\/systemd\/(?:system|user)\/[^/]+$/s },
  {
    what: "a cron job",
    weight: 6,
    path: /^(?:etc\/(?:cron\.[^/]+\/.+|(?:ana)?crontab)|var\/spool\/(?:ana)?cron\/.+)$/s,
  },
  { what: "a udev rule", weight: 6, path: /^(?:etc|usr\/lib)\/udev\/(?:rules\.d|hwdb\.d)\/.+/s },
  {
    what: "a script or setting that shells and sessions read",
    weight: 6,
    path: /^(?:etc\/(?:profile(?:\.d\/.+)?|bash\.bash(?:rc|_logout)(?:\.d\/.+)?|bashrc(?:\.d\/.+)?|(?:zsh|skel)\/.+|zshenv|environment(?:\.d\/.+)?|fish\/.+|X11\/(?:xinit|Xsession\.d)\/.+)|usr\/(?:lib\/environment\.d|share\/fish\/vendor_conf\.d)\/.+)$/s,
  },
  {
    what: "a program that starts with the session",
    weight: 6,
    path: /^(?:etc\/xdg\/(?:autostart|plasma-workspace\/env)|usr\/share\/(?:autostart|gnome\/autostart|xsessions|wayland-sessions))\/.+/s,
  },
  { what: "a folder where libraries are looked for", weight: 6, path: /^etc\/ld\.so\.conf(?:\.d\/.+)?$/s },
  {
    what: "a D-Bus service or policy",
    weight: 5,
    path: /^(?:etc|usr\/share)\/dbus-1\/(?:(?:system-)?services\/.+|(?:system|session)(?:\.d\/.+|\.conf))$/s,
  },
  {
    what: "a certificate or key that is trusted",
    weight: 7,
    path: /^(?:etc\/(?:ssl|ca-certificates|pki)|usr\/share\/(?:ca-certificates|pacman\/keyrings))\/.+/s,
  },
  { what: "a setting of SSH", weight: 7, path: /^(?:etc|usr\/lib)\/ssh\/.+/s },
  {
    what: "a kernel module or setting of modules",
    weight: 6,
    path: /^(?:usr\/lib|etc)\/(?:modules|modules-load\.d|modprobe\.d|dkms)\/.+/s,
  },
  {
    what: "a part of the boot image or boot loader",
    weight: 6,
    path: /^(?:boot\/|efi\/|(?:usr\/lib|etc)\/(?:initcpio|mkinitcpio(?:\.conf)?\.d|dracut|kernel\/install\.d)\/).+/s,
  },
  { what: "a setting of the kernel", weight: 5, path: /^(?:usr\/lib|etc)\/(?:sysctl|binfmt)\.d\/.+/s },
  {
    what: "files or accounts that systemd makes",
    weight: 4,
    path: /^(?:usr\/lib|etc)\/(?:tmpfiles|sysusers)\.d\/.+/s,
  },
  {
    what: "a script that network changes start",
    weight: 6,
    path: /^(?:usr\/lib|etc)\/(?:NetworkManager\/dispatcher\.d|dhcpcd[^/]*|ppp)\/.+/s,
  },
  {
    what: "code that every Python program runs",
    weight: 6,
    path: /\/python[\d.]+\/(?:site-packages\/)?(?:[^/]+\.pth|(?:site|user)customize(?:\.py|\/.+))$/s,
  },
  {
    what: "a setting of the whole system",
    weight: 6,
    path: /^etc\/(?:hosts|nsswitch\.conf|resolv\.conf|fstab|crypttab|shells|login\.defs|securetty|rc\.local)$/s,
  },
  {
    what: "a Git hook or setting of all users",
    weight: 5,
    path: /^(?:etc\/gitconfig|usr\/share\/git-core\/templates\/.+)$/s,
  },
  {
    what: "a file where packages don't install",
    weight: 5,
    path: /^(?!(?:usr|etc|opt|var|boot|efi|srv)(?:\/|$))|^usr\/local\/.+|^var\/tmp\/.+/s,
  },
];

/**
 * Where a file that isn't a folder would act by being there; undefined: nowhere that is known. Links of the distribution,
 * such as `/lib`, are followed.
 */
export function watchedPlace(path: string): WatchedPlace | undefined {
  const installed = path
    .replace(/^(?:usr\/)?lib(?:64|32)?\//, "usr/lib/")
    .replace(/^(?:usr\/)?s?bin\//, "usr/bin/");
  return places.find((place) => place.path.test(installed));
}
