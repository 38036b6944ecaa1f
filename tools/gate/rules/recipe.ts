import type { Rule } from "./rule.ts";

/** Rules on what a PKGBUILD says: code at top level, functions, versions and variables. */
export const recipeRules = {
  "pkgbuild-unreadable": {
    severity: "danger",
    says: "the PKGBUILD can't be understood",
    protects: "What can't be read can't be judged.",
  },
  "old-pkgbuild-unreadable": {
    severity: "review",
    says: "the accepted PKGBUILD can't be understood, so the new one is judged as a whole",
    protects: "Without a side to compare with nothing is known to be unchanged.",
  },
  "judging-failed": {
    severity: "danger",
    says: "judging it failed, which is a defect of the gate",
    protects: "What can't be judged is treated as an attack on whoever judges.",
  },
  "read-once": {
    severity: "review",
    says: "it was read by our own grammar alone",
    protects: "One reading of bash has corners that bash doesn't have; two have to agree.",
  },
  "readings-differ": {
    severity: "danger",
    says: "bash and our grammar read it in two ways",
    protects: "Where one of them is wrong, an attacker chooses which.",
  },
  "readings-differed": {
    severity: "review",
    says: "bash and our grammar read it in two ways, as before",
    protects: "What was accepted once may go on, but not unseen.",
  },
  "hidden-expansion": {
    severity: "danger",
    says: "an expansion with quotes, escapes or a process in it",
    protects: "What stands there is quoted, run or taken apart in ways that few readers of bash know.",
  },
  "not-plain": {
    severity: "review",
    says: "new text that isn't plain",
    protects: "What readers of bash may take in two ways is written with quotes, backslashes and expansions.",
  },
  "new-package": {
    severity: "review",
    says: "a recipe that nobody has reviewed yet",
    protects: "The first recipe of a package is always read by a person.",
  },
  "opaque-value": {
    severity: "danger",
    says: "what this comes to can't be told without running it",
    protects: "A changed value has to be known to be allowed.",
  },
  "code-at-reading": {
    severity: "danger",
    says: "code that runs as soon as the file is read",
    protects: "Such code runs wherever the recipe's version or metadata is looked up, outside any sandbox.",
  },
  "code-at-reading-removed": {
    severity: "review",
    says: "code that ran when the file was read is gone or runs in another order",
    protects: "What it did may matter to the rest.",
  },
  "code-reads-change": {
    severity: "danger",
    says: "unchanged code that runs as soon as the file is read gets something that changed",
    protects: "A file or a value that such code reads is as good as code.",
  },
  declaration: {
    severity: "review",
    says: "another declaration at top level",
    protects: "export, readonly and unset decide what later lines and programs see.",
  },
  "assigned-again": {
    severity: "danger",
    says: "assigned once more than before",
    protects: "A second pkgver passed as a version bump and ran a download (btdu, November 2025).",
  },
  "makepkg-variable": {
    severity: "danger",
    says: "a variable that decides how makepkg or the programs it calls fetch and run things",
    protects: "DLAGENTS, PATH, LD_PRELOAD and their like turn a harmless recipe into any program.",
  },
  "makepkg-function": {
    severity: "danger",
    says: "a function whose name may stand for one of makepkg's own or for a program",
    protects: "makepkg calls it where it means its own.",
  },
  "function-again": {
    severity: "danger",
    says: "defined once more than before",
    protects: "bash takes the last definition, which a reader may never reach.",
  },
  "function-changed": {
    severity: "review",
    says: "a function changed",
    protects: "What a build does is read by a person.",
  },
  "function-added": {
    severity: "review",
    says: "a new function",
    protects: "What a build does is read by a person.",
  },
  "function-removed": {
    severity: "review",
    says: "a function is gone",
    protects: "Checks and patches may go with it.",
  },
  "version-down": {
    severity: "review",
    says: "the version goes down",
    protects: "An old version brings back old holes, and users don't get it.",
  },
  "version-text": {
    severity: "review",
    says: "a version with characters that no version needs",
    protects: "A `/`, `#`, `?` or `@` in a version rewrites the URL that it's part of.",
  },
  "version-form": {
    severity: "review",
    says: "the version has another form than before",
    protects: "Where a version may become any word, it becomes a name, a branch or a commit.",
  },
  "epoch-changed": {
    severity: "review",
    says: "the epoch changed",
    protects: "Users can't go back from an epoch.",
  },
  "version-jump": {
    severity: "review",
    says: "the version jumps far ahead",
    protects: "A version that is too high keeps users from every correct one after it.",
  },
  "version-missing": {
    severity: "danger",
    says: "the recipe has no version",
    protects: "A package needs pkgver and pkgrel.",
  },
  "reads-other": {
    severity: "review",
    says: "a variable is made of something that it wasn't made of before",
    protects: "What comes to the same today may come to anything with the next version.",
  },
  "order-changed": {
    severity: "review",
    says: "what is assigned stands in another order",
    protects: "bash reads from the top: what stands below isn't set yet.",
  },
  "variable-changed": {
    severity: "review",
    says: "changed, and not by the version alone",
    protects: "Whatever the rules don't know to be harmless is read by a person.",
  },
  "dependency-changed": {
    severity: "review",
    says: "dependencies changed",
    protects: "A dependency is code that runs on users' machines.",
  },
  "maintenance-key-changed": {
    severity: "review",
    says: "the keys that sign sources changed",
    protects: "A signature is worth what its key is.",
  },
  "architecture-changed": {
    severity: "review",
    says: "the architectures changed",
    protects: "A new architecture has sources of its own.",
  },
  "package-names-changed": {
    severity: "danger",
    says: "it packages something else",
    protects: "A recipe stays with the name it was accepted for.",
  },
  "split-package-changed": {
    severity: "review",
    says: "the packages of this recipe changed",
    protects: "A split package that is dropped is taken from users.",
  },
  takeover: {
    severity: "danger",
    says: "it takes the place of other packages",
    protects: "replaces, and provides of a system package, hijack installs of others.",
  },
  "relation-changed": {
    severity: "review",
    says: "what it provides, conflicts with or belongs to changed",
    protects: "Such names decide what users install.",
  },
} as const satisfies Record<string, Rule>;
