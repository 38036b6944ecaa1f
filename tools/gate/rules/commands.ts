import type { Rule } from "./rule.ts";

/** Rules on what commands do, and how text hides it. */
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
  "shell-input": {
    severity: "danger",
    says: "runs text as a program",
    protects: "curl piped into a shell (2018), and here-documents that hide one.",
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
  obfuscation: {
    severity: "danger",
    says: "a text put together so that it isn't recognised",
    protects: "'b''u''n' is bun (June 2026).",
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
  outside: {
    severity: "danger",
    says: "writes outside srcdir and pkgdir",
    protects: "A build must not change the builder.",
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
  "hidden-characters": {
    severity: "danger",
    says: "characters that hide or reorder text",
    protects: "What a reader sees must be what bash reads.",
  },
  "look-alike-host": {
    severity: "danger",
    says: "an address that looks like a well-known one and isn't",
    protects: "githab.com and github.com.example.org belong to somebody else.",
  },
  "look-alike-letters": {
    severity: "danger",
    says: "a word that mixes letters of several scripts",
    protects: "A Cyrillic letter looks like a Latin one.",
  },
  "odd-white-space": {
    severity: "review",
    says: "unusual white space or line ends",
    protects: "bash takes them for part of a word.",
  },
} as const satisfies Record<string, Rule>;
