import type { Rules } from "../rules/finding.ts";
import { fetchesWith } from "../known/fetching-programs.ts";
import { codeGivenTo, isAwk, isShell, readsItsInput, runsSomething } from "../known/interpreters.ts";
import { mayGiveRights, modesIn, systemPrograms } from "../known/modes.ts";
import { givesOrders } from "../known/obeyed-options.ts";
import { ordersInFunction } from "../known/obeyed-variables.ts";
import type { Run } from "./resolved-words.ts";
import { withWrapped } from "./wrapped-commands.ts";

/** Rules on what commands do. Text that mentions such commands breaks them, too. */
export const commandRules = {
  "package-manager": {
    severity: "danger",
    says: "runs a package manager",
    protects: "It installs what no checksum of the recipe covers (npm and bun in June 2026).",
  },
  download: {
    severity: "danger",
    says: "downloads something beside the sources",
    protects: "What is fetched while building has no checksum.",
  },
  container: {
    severity: "danger",
    says: "starts a container or a machine",
    protects: "An image holds whatever its author put there, and no checksum covers it.",
  },
  "program-orders": {
    severity: "danger",
    says: "makes another program run, load or fetch something, by a variable or an option",
    protects:
      "`tar --checkpoint-action`, LUA_INIT and a linker of one's own run programs under a harmless name.",
  },
  decoding: {
    severity: "danger",
    says: "decodes something",
    protects: "Nobody encodes what anybody may read.",
  },
  "shell-input": {
    severity: "danger",
    says: "runs text as a program",
    protects: "curl piped into a shell (2018), and here-documents that hide one.",
  },
  indirection: {
    severity: "danger",
    says: "code or names that are only known when it runs",
    protects: "eval, indirect names and assembled commands hide what is run.",
  },
  privilege: {
    severity: "danger",
    says: "asks for more rights, or gives them",
    protects: "setuid files, capabilities and sudo hand out root.",
  },
  persistence: {
    severity: "danger",
    says: "touches what the system runs by itself",
    protects: "Services, timers, cron and hooks keep running (systemd timer, 2018).",
  },
  background: {
    severity: "danger",
    says: "keeps something running, or catches what happens elsewhere",
    protects: "Background processes and traps outlive what is looked at.",
  },
} as const satisfies Rules;

export type CommandRule = keyof typeof commandRules;

/** What each of these commands is: every row that fits. */
const table: readonly (readonly [CommandRule, (run: Run) => boolean])[] = [
  ["package-manager", (run) => fetchesWith(run) === "package-manager"],
  ["download", (run) => fetchesWith(run) === "download"],
  ["container", (run) => fetchesWith(run) === "container"],
  ["program-orders", givesOrders],
  [
    "program-orders",
    ({ name, arguments: words }) =>
      /^(?:export|declare|typeset|env|local|readonly|sudo|doas|systemd-run)$/.test(name ?? "") &&
      words.some((word) => {
        const [, variable, value] = /^([A-Za-z_]\w*)(?:%%|\(\))?\+?=(.*)$/s.exec(word) ?? [];
        return variable !== undefined && ordersInFunction(variable, value ?? "");
      }),
  ],
  [
    "decoding",
    called(
      "base64 base32 basenc xxd uudecode uuencode unxxd ascii85 base58 base91 gpg gpg2 gpgv age rage ccrypt mcrypt mdecrypt scrypt steghide outguess zbarimg qrencode recode iconv-decode rev",
    ),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      name === "openssl" &&
      /^(?:enc|base64|aes|des|rc4|camellia|chacha|bf|cast|idea|seed|sm4|smime|cms|rsautl|pkeyutl|dgst|zlib)/.test(
        words[0] ?? "",
      ),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      name === "od" && words.some((word) => /^-\w*[xXtc]|^-A/.test(word)) && words.includes("-An"),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      /^(?:printf|echo)$/.test(name ?? "") &&
      words.some(
        (word) =>
          /\\x[0-9a-f]|\\u[0-9a-f]{4}|\\0?[1-3][0-7]{2}|\\e\b/i.test(word) &&
          !/\\(?:e|033|x1b)\[[\d;]*m/i.test(word),
      ),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      name === "tr" &&
      words.some((word) => /^(?:[A-Za-z]-[A-Za-z]){2,}/.test(word) && !/^(?:A-Za-z|a-zA-Z)/.test(word)),
  ],
  [
    "decoding",
    (run) =>
      /\b(?:un)?pack\s*[("']|\bH\*|decode_base64|unhexlify|b(?:32|64|85)decode|a85decode|rot_?13|MIME::Base64|decodebytes/.test(
        codeGivenTo(run) ?? "",
      ),
  ],
  [
    "shell-input",
    ({ name, arguments: words }) =>
      isShell(name) && words.some((word) => /^[-+][a-z]*[cs]|^--(?:rcfile|init-file|command)\b/.test(word)),
  ],
  ["shell-input", readsItsInput],
  ["shell-input", (run) => !isAwk(run.name) && runsSomething(codeGivenTo(run) ?? "")],
  [
    "shell-input",
    ({ name, arguments: [first] }) =>
      /^(?:source|\.)$/.test(name ?? "") && /\$\{…\}|^<|^\/(?:dev|proc|tmp)|^~/.test(first ?? ""),
  ],
  [
    "indirection",
    called("eval alias coproc enable hash fc bind complete compopt compgen kill pkill killall"),
  ],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:mapfile|readarray)$/.test(name ?? "") && words.some((word) => /^-[A-Za-z0-9]*C/.test(word)),
  ],
  ["indirection", ({ name, arguments: words }) => name === "printf" && (words[0] ?? "").startsWith("-v")],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:declare|typeset|local|readonly|export)$/.test(name ?? "") &&
      words.some((word) => /^-\w*n/.test(word)),
  ],
  ["indirection", ({ name, arguments: words }) => isDeclaration(name) && readsItsValues(words)],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:let|unset|read|mapfile|readarray|wait|getopts|test|\[|declare|typeset|local|readonly|export)$/.test(
        name ?? "",
      ) && words.some((word) => /(?:^|[^\w$])?[A-Za-z_]\w*\[[^\]]*(?:\$\(|`|\$\{…\})/.test(word)),
  ],
  [
    "indirection",
    ({ name, arguments: words }) => name === "let" && words.some((word) => /\[|[`$]/.test(word)),
  ],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:test|\[)$/.test(name ?? "") &&
      words.some((word, at) => /^-[vR]$/.test(words[at - 1] ?? "") && !/^\w+(?:\[[\w@*.-]+\])?$/.test(word)),
  ],
  ["indirection", ({ name, arguments: words }) => name === "shopt" && words.includes("expand_aliases")],
  [
    "privilege",
    called(
      "sudo su doas pkexec run0 setcap setfattr setfacl capsh visudo vipw vigr usermod useradd userdel adduser groupadd groupmod gpasswd passwd chpasswd chsh chfn newgrp newuidmap chroot arch-chroot nsenter setuid insmod modprobe rmmod kexec mount umount mknod losetup sysctl mkfs swapon iptables nft",
    ),
  ],
  [
    "privilege",
    ({ name, arguments: words }) =>
      /^(?:chmod|install|mkdir|mkfifo|rsync)$/.test(name ?? "") &&
      (modesIn(name ?? "", words).some(mayGiveRights) || words.some((word) => word.startsWith("--ref"))),
  ],
  [
    "privilege",
    ({ name, arguments: words }) =>
      /^(?:cp|rsync|mv|ln|tar|bsdtar|cpio|pax|install)$/.test(name ?? "") &&
      words.slice(0, -1).some((word) => systemPrograms.test(word)) &&
      keepsModes(name, words),
  ],
  [
    "persistence",
    called(
      "systemctl systemd-run systemd-sysusers systemd-tmpfiles crontab at batch anacron update-rc.d chkconfig rc-update rc-service launchctl loginctl udevadm depmod dkms mkinitcpio dracut booster kernel-install bootctl efibootmgr grub-install grub-mkconfig update-grub update-desktop-autostart ldconfig-hook timedatectl hostnamectl update-alternatives gpasswd trust update-ca-trust",
    ),
  ],
  [
    "background",
    called("nohup disown setsid daemonize daemon start-stop-daemon screen tmux dtach abduco trap"),
  ],
];

/** Every rule that the command breaks, by itself or by what it runs. */
export function rulesBrokenBy(run: Run): Set<CommandRule> {
  const broken = new Set<CommandRule>();
  for (const candidate of withWrapped(run)) {
    for (const [rule, fits] of table) {
      // A word among a wrapper's arguments may be no program at all, and then nothing comes into it.
      if (candidate !== run && fits === readsItsInput && !isShell(candidate.name)) continue;
      if (fits(candidate)) broken.add(rule);
    }
  }
  return broken;
}

function isDeclaration(name: string | undefined): boolean {
  return /^(?:declare|typeset|local|readonly|export)$/.test(name ?? "");
}

/** A list in quotes is read once more by these, and what stands in it run; numbers are arithmetic. */
function readsItsValues(words: readonly string[]): boolean {
  const options = words.filter((word) => /^[-+][a-zA-Z]+$/.test(word)).join("");
  return words.some((word) => {
    const [, value] = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=(.*)$/s.exec(word) ?? [];
    if (value === undefined || value === "(…)") return false;
    if (/^\s*\(/.test(value)) return true;
    if (/[aA]/.test(options)) return /[$`]/.test(value);
    return options.includes("i") && !/^[\w\s+*/%()<>=-]*$/.test(value);
  });
}

function keepsModes(name: string | undefined, words: readonly string[]): boolean {
  if (name === "cp")
    return words.some((word) => /^-[A-Za-z]*[ap]|^--(?:arc|pres|attributes-only)/.test(word));
  if (name === "rsync") return words.some((word) => /^-[A-Za-z]*[ap]|^--(?:archive|perms)/.test(word));
  return name !== "ln" && name !== "install";
}

function called(names: string): (run: Run) => boolean {
  const set = new Set(names.split(" "));
  return ({ name }) => name !== undefined && set.has(name);
}
