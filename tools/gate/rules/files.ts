import type { Rule } from "./rule.ts";

/** Rules on .SRCINFO and the files beside the PKGBUILD. */
export const fileRules = {
  "srcinfo-unreadable": {
    severity: "danger",
    says: ".SRCINFO can't be read",
    protects: "What can't be read can't be judged.",
  },
  "srcinfo-missing": {
    severity: "review",
    says: ".SRCINFO is missing",
    protects: "Names and dependencies are read from it.",
  },
  "srcinfo-differs": {
    severity: "danger",
    says: ".SRCINFO tells another story than the PKGBUILD",
    protects: "What is shown, searched and resolved must be what is built.",
  },
  "srcinfo-disagrees": {
    severity: "review",
    says: ".SRCINFO still says something else than the PKGBUILD, as before",
    protects: "What was accepted once may go on, but not unseen.",
  },
  "srcinfo-changed": {
    severity: "review",
    says: ".SRCINFO changed in a value that the PKGBUILD only tells when it's run",
    protects: "Where a value isn't known, what .SRCINFO says of it has to be explained by the version.",
  },
  "forbidden-path": {
    severity: "danger",
    says: "a path that no recipe may bring",
    protects: "A recipe's .CI and .git files would configure this repository.",
  },
  submodule: {
    severity: "danger",
    says: "a submodule",
    protects: "Its content is elsewhere and can't be judged.",
  },
  "symbolic-link": {
    severity: "review",
    says: "a new or changed symbolic link",
    protects: "What it points at is used in its place.",
  },
  "link-escapes": {
    severity: "danger",
    says: "a symbolic link that leaves the recipe's folder",
    protects: "It would read or write the builder's files.",
  },
  "file-added": {
    severity: "review",
    says: "a new file",
    protects: "Whatever the build takes is read by a person.",
  },
  "file-changed": {
    severity: "review",
    says: "a file changed",
    protects: "Whatever the build takes is read by a person.",
  },
  "file-removed": {
    severity: "review",
    says: "a file is gone",
    protects: "A patch or a check may go with it.",
  },
  "file-mode": {
    severity: "review",
    says: "a file's mode changed",
    protects: "What is executable can be run.",
  },
  "file-program": {
    severity: "danger",
    says: "a compiled program or an archive among the recipe's files",
    protects: "Nobody can read it.",
  },
  "file-unreadable": {
    severity: "danger",
    says: "a new or changed file that isn't plain text",
    protects: "What isn't UTF-8, or holds NUL or invisible characters, isn't what a reader sees.",
  },
  "file-system": {
    severity: "danger",
    says: "a new or changed service, timer, hook or system setting",
    protects: "It runs on users' machines without being asked.",
  },
  "patch-outside": {
    severity: "danger",
    says: "a patch that writes outside the source's folder",
    protects: "patch would follow it there.",
  },
  scriptlet: {
    severity: "danger",
    says: "a new or changed install scriptlet",
    protects: "It runs as root on users' machines (npm and bun in June 2026).",
  },
} as const satisfies Record<string, Rule>;
