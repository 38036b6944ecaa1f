import type { RuleName } from "./rules.ts";

/** Places and habits that matter wherever they're mentioned: in an argument, a here-document, a patch. */
const table: readonly (readonly [RuleName, RegExp])[] = [
  [
    "shell-input",
    /\b(?:curl|wget|fetch|aria2c|base64|xxd|openssl|gunzip|zcat|xz|echo|printf|cat|tr|rev|sed)\b[^\n|;]*(?:\|[^\n|]*)*\|\s*(?:sudo\s+)?(?:\/\S*\/)?(?:ba|z|da|k|a|fi)?sh\b/,
  ],
  ["shell-input", /\b(?:bash|sh|zsh|source|eval)\s+(?:-c\s+)?["']?(?:<\(|\$\(\s*)(?:curl|wget)/],
  ["download", /\/dev\/(?:tcp|udp)\//],
  ["download", /\b(?:curl|wget|aria2c)\b[^\n]*\b(?:https?|ftp):\/\//],
  [
    "package-manager",
    /\b(?:npm|pnpm|yarn|bun|pip3?|pipx|gem|cargo|luarocks|composer|uv)\s+(?:-\S+\s+)*(?:install|i|add|global|dlx|x|exec|create|ci)\b/,
  ],
  ["package-manager", /\b(?:npx|bunx|uvx|pnpx)\s+\S/],
  ["package-manager", /\bpacman\s+-(?:S|U)/],
  [
    "decoding",
    /\bbase(?:64|32)\s+(?:-d|-D|--decode)|\bxxd\s+-r|\b(?:b64decode|fromhex|atob)\b|\bopenssl\s+enc\b/,
  ],
  ["persistence", /\bsystemctl\s+(?:--?\S+\s+)*(?:enable|start|restart|preset|link|daemon-reload)\b/],
  [
    "persistence",
    /(?:^|[/"'\s=])(?:systemd\/(?:system|user)|cron\.(?:d|daily|hourly|weekly|monthly)|spool\/cron|crontab|anacrontab)(?:$|[/"'\s])/,
  ],
  [
    "persistence",
    /\/(?:udev\/rules\.d|polkit-1|pam\.d|sudoers(?:\.d)?|profile\.d|ld\.so\.(?:preload|conf)(?:\.d)?|autostart|skel|libalpm\/hooks|pacman\.d|initcpio|modules-load\.d|modprobe\.d|binfmt\.d|environment\.d|init\.d|rc\.local|dbus-1\/system-services|NetworkManager\/dispatcher\.d|tmpfiles\.d|sysctl\.d|security\/limits\.d|user-generators|system-generators|ca-certificates\/trust-source|X11\/xinit)(?:$|[/"'\s])/,
  ],
  [
    "persistence",
    /\/etc\/(?:passwd|shadow|group|sudoers|hosts|resolv\.conf|environment|profile|bash\.bashrc|zsh|ssh\/|shells|nsswitch\.conf|pacman\.conf|makepkg\.conf|ld\.so)/,
  ],
  [
    "persistence",
    /\.ssh(?:\/|$)|authorized_keys|\.(?:bashrc|bash_profile|profile|zshrc|zprofile|xinitrc|xprofile)\b/,
  ],
  ["privilege", /\b(?:setcap|chmod\s+(?:-\S+\s+)*(?:0?[4-7][0-7]{3}|[ugoa]*\+[rwxt]*s))\b/],
  ["privilege", /\bNOPASSWD\b|\bAUTH_ADMIN_KEEP\b|polkit\.Result\.YES/],
];

/** Rules that text breaks, with what it says there. */
export function rulesBrokenByText(text: string): Map<RuleName, string> {
  const broken = new Map<RuleName, string>();
  for (const piece of inBearablePieces(text)) {
    for (const [rule, pattern] of table) {
      const found = broken.has(rule) ? undefined : pattern.exec(piece)?.[0];
      if (found !== undefined) broken.set(rule, found.slice(0, 200));
    }
  }
  return broken;
}

const longestLine = 4_000;
const overlap = 400;

/** The patterns take time in the square of a line's length, so long lines are looked at in overlapping pieces. */
export function inBearablePieces(text: string): string[] {
  if (text.length <= longestLine || !text.split("\n").some((line) => line.length > longestLine))
    return [text];
  return text.split("\n").flatMap((line) => {
    const pieces: string[] = [];
    for (let at = 0; at < Math.max(1, line.length); at += longestLine - overlap) {
      pieces.push(line.slice(at, at + longestLine));
    }
    return pieces;
  });
}

/** Ways of writing that no author needs, but who wants to hide a word. */
export function hidesWords(line: string): boolean {
  if (/\$'(?:[^'\\]|\\.)*?\\(?:x[0-9a-f{]|u[0-9a-f]|[0-7]{2,3}|c[^\s'])/i.test(line)) return true;
  if (/^\s*#/.test(line)) return false;
  // 'b''u''n', b''un, b""un, "cu"'rl'
  return (
    /(?<![A-Za-z0-9])[A-Za-z]{1,6}(?:''|"")[A-Za-z]{1,6}/.test(line) ||
    /(['"])[A-Za-z]{1,4}\1(['"])[A-Za-z]{1,4}\2/.test(line) ||
    /(?:^|[\s;&|(])[A-Za-z]{1,4}(['"])[A-Za-z]{1,4}\1[A-Za-z]{0,4}(?=$|[\s;&|)])/.test(line) ||
    (/(?:^|[\s;&|(])(?:[A-Za-z]*\\[A-Za-z]){1,8}[A-Za-z]*(?=\s|$)/.test(line.replace(/(['"]).*?\1/g, "''")) &&
      /(?:^|[;&|(]|\s)\s*[a-z]*\\[a-z]/.test(line) &&
      !/\\[ntrvf]\b|\b(?:sed|tr|grep|awk|printf|echo|find|perl)\b/.test(line))
  );
}
