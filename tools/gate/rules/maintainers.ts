import type { Rule } from "./rule.ts";

/** Rules on who maintains it. */
export const maintainerRules = {
  adoption: {
    severity: "danger",
    says: "new maintainers, and no new version",
    protects: "Orphaned packages were adopted to spread malware (June 2026, over 1,500).",
  },
  "maintainers-changed": {
    severity: "review",
    says: "the maintainers changed",
    protects: "Whom one trusted may have left.",
  },
  orphaned: {
    severity: "review",
    says: "nobody maintains it any more",
    protects: "Anybody may adopt it next.",
  },
} as const satisfies Record<string, Rule>;
