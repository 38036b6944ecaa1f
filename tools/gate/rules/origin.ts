import type { Rule } from "./rule.ts";

/** Rules on where a package comes from that isn't in the workspace yet. */
export const originRules = {
  "young-account": {
    severity: "danger",
    says: "a maintainer who is new to the AUR",
    protects: "Accounts made for it spread malware (July 2025, June 2026).",
  },
  "unknown-account": {
    severity: "review",
    says: "a maintainer who never submitted a package",
    protects: "Accounts that adopt and never made anything spread malware (June 2026).",
  },
  "young-package": {
    severity: "review",
    says: "a package that is new to the AUR",
    protects: "What nobody has used yet nobody has looked at.",
  },
  "few-votes": {
    severity: "review",
    says: "a package with few votes",
    protects: "What nobody uses nobody looks at.",
  },
  "foreign-source": {
    severity: "review",
    says: "a source that is somebody else's than the package's url",
    protects: "A source named patches was a stranger's repository (firefox-patch-bin, July 2025).",
  },
  "brand-name": {
    severity: "danger",
    says: "a well-known program's name, extended",
    protects: "firefox-patch-bin, librewolf-fix-bin and zen-browser-patched-bin were malware (July 2025).",
  },
} as const satisfies Record<string, Rule>;
