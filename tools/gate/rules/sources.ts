import type { Rule } from "./rule.ts";

/** Rules on sources and their checksums. */
export const sourceRules = {
  "source-changed": {
    severity: "review",
    says: "a source changed, and not by the version alone",
    protects: "A source is code that ends up on users' machines.",
  },
  "source-host": {
    severity: "review",
    says: "a source moved to another host or owner",
    protects: "The new one may be anybody's.",
  },
  "source-disguised": {
    severity: "danger",
    says: "a source's address is not what it seems",
    protects: "Credentials, bare addresses and look-alike letters in a host name hide who is asked.",
  },
  "source-downgrade": {
    severity: "review",
    says: "a source is fetched without encryption",
    protects: "Anybody on the way can replace it.",
  },
  "source-scheme": {
    severity: "danger",
    says: "a source is fetched in a way that makepkg doesn't know by itself",
    protects: "Schemes of one's own, ext:: and local paths run programs or read the builder's files.",
  },
  "source-added": {
    severity: "review",
    says: "a new source",
    protects: "A source is code that ends up on users' machines.",
  },
  "source-stranger": {
    severity: "danger",
    says: "another's repository or archive that comes in, or takes a source's place",
    protects: "A repository named `patches` ran a stranger's program (July 2025).",
  },
  "source-floating": {
    severity: "danger",
    says: "a tag or commit that is whatever the repository holds when it's built",
    protects: "`tag=HEAD` looks pinned and isn't.",
  },
  "source-removed": {
    severity: "review",
    says: "a source is gone",
    protects: "A patch or a signature may go with it.",
  },
  "signature-dropped": {
    severity: "review",
    says: "a source is no longer checked against its signature",
    protects: "A signature ties a source to its author.",
  },
  "commit-unproved": {
    severity: "review",
    says: "a pinned commit changed, and no tag of this version proves it",
    protects: "GitHub serves commits of any fork under the parent's address.",
  },
  "source-revision": {
    severity: "review",
    says: "a source asks for what Git may take for another commit than a tag's",
    protects: "`v1.1-0-gdeadbee`, `v1.1~500` and `v1.1^` lead from a version to any commit, a fork's too.",
  },
  "source-old-version": {
    severity: "review",
    says: "a source names the old version still",
    protects: "A new version that fetches the old one brings back its holes under a new name.",
  },
  "checksum-changed": {
    severity: "review",
    says: "a checksum changed, and what it belongs to didn't",
    protects: "The same version with another content is how a compromised release looks.",
  },
  "checksum-dropped": {
    severity: "danger",
    says: "a source that had a checksum has none, or a weaker one",
    protects: "Without a checksum the host decides at every build what is built.",
  },
  "checksum-kind": {
    severity: "review",
    says: "the kinds of checksums changed",
    protects: "Every source keeps the proof it had.",
  },
  "checksum-count": {
    severity: "review",
    says: "sources and checksums don't match in number",
    protects: "A source without a checksum isn't checked.",
  },
  "checksum-form": {
    severity: "review",
    says: "not a checksum of its kind",
    protects: "makepkg takes anything but a hash for what it isn't.",
  },
} as const satisfies Record<string, Rule>;
