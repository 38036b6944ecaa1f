import { imitationIn } from "../known/hosts.ts";
import { startingPlaceIn } from "../known/starting-places.ts";
import type { CommandRule } from "./dangerous-commands.ts";

export type TextRule = CommandRule | "look-alike-host";

type Finder = (text: string) => string | undefined;

/** Places and habits that matter wherever they're mentioned: in an argument, a here-document, a patch. */
const table: readonly (readonly [TextRule, Finder])[] = [
  [
    "shell-input",
    matching(
      /\b(?:curl|wget|fetch|aria2c|base64|xxd|openssl|gunzip|zcat|xz|echo|printf|cat|tr|rev|sed)\b[^\n|;]*(?:\|[^\n|]*)*\|\s*(?:[({]\s*|sudo\s+|env\s+|exec\s+|command\s+|busybox\s+)*(?:\/\S*\/)?(?:ba|z|da|k|a|fi)?sh\b/,
    ),
  ],
  [
    "shell-input",
    matching(
      /\b(?:bash|sh|zsh|source|eval)\s+(?:-c\s+)?["']?(?:<\(|\$\(\s*|`)(?:curl|wget)|>\(\s*(?:\/\S*\/)?(?:ba|z|da|k|a)?sh\b/,
    ),
  ],
  ["download", matching(/\/dev\/(?:tcp|udp)\/|\/inet[46]?\/(?:tcp|udp|raw)\/|\bzsh\/net\/|\bztcp\b/)],
  ["download", matching(/\b(?:curl|wget|aria2c)\b[^\n]*\b(?:https?|ftp):\/\/[^\s"'`;|)]*/)],
  [
    "download",
    matching(
      /\bext::\S|^data:[\w/+;,-]+,|["'\s(]data:(?:text|application)\/(?:x-)?(?:sh|shellscript|javascript|octet-stream)/,
    ),
  ],
  [
    "package-manager",
    matching(
      /\b(?:npm|pnpm|yarn|bun|pip3?|pipx|gem|cargo|luarocks|composer|uv)\s+(?:-\S+\s+)*(?:install|i|add|global|dlx|x|exec|create|ci)\b/,
    ),
  ],
  ["package-manager", matching(/\b(?:npx|bunx|uvx|pnpx)\s+\S|\bpip\.(?:main|_internal|__main__)\b/)],
  ["package-manager", matching(/\bpacman\s+-(?:S|U)/)],
  [
    "container",
    matching(/\b(?:docker|podman|nerdctl|buildah)\s+(?:run|exec|build|pull|load|import|cp|create|start)\b/),
  ],
  [
    "decoding",
    matching(
      /\bbase(?:64|32)\s+(?:-d|-D|--decode)|\bxxd\s+-r|\b(?:b64decode|fromhex|atob|unhexlify)\b|\bopenssl\s+enc\b|@base(?:64|32)d\b/,
    ),
  ],
  [
    "program-orders",
    matching(
      /--checkpoint-action|-f(?:pass-)?plugin=\S|\s-toolexec\b|(?:-C\s*|--codegen[= ])linker=(?:\.{0,2}\/|\$)|-Wl,-{1,2}plugin[,=]|\burl\.\S+\.(?:push)?insteadof\b|\bBASH_FUNC_\w/i,
    ),
  ],
  [
    "persistence",
    matching(
      /\bsystemctl\s+(?:--?\S+\s+)*(?:enable|start|restart|preset|link|daemon-reload|unmask|edit|set-property)\b/,
    ),
  ],
  ["persistence", startingPlaceIn],
  [
    "privilege",
    matching(
      /\b(?:setcap|chmod\s+(?:-\S+\s+)*(?:[-+=]?0*[2-7][0-7]{3}|[ugoa]*[+=][rwxt]*s|\S*,[ugoa]*[+=][rwxt]*s))\b|\bsetfattr\b.*security\./,
    ),
  ],
  ["privilege", matching(/\bNOPASSWD\b|\bAUTH_ADMIN_KEEP\b|polkit\.Result\.YES/)],
  ["look-alike-host", imitationIn],
];

function matching(pattern: RegExp): Finder {
  return (text) => pattern.exec(text)?.[0];
}

/** Rules that text breaks, with what it says there. */
export function rulesBrokenByText(text: string): Map<TextRule, string> {
  const broken = new Map<TextRule, string>();
  for (const piece of inBearablePieces(text)) {
    for (const [rule, find] of table) {
      const found = broken.has(rule) ? undefined : find(piece);
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
