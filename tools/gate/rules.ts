import type { Severity } from "./finding.ts";

interface Rule {
  readonly severity: Severity;
  /** The finding's sentence; what it is about follows behind a colon. */
  readonly says: string;
  /** What the rule protects, for the documentation. */
  readonly protects: string;
}

export type RuleName = keyof typeof rules;

/** Every rule there is. What is no finding of any of them is allowed. */
export const rules = {
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
    says: "a new repository of another owner, at whatever commit it has when it's built",
    protects: "A repository named `patches` ran a stranger's program (July 2025).",
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
  "checksum-changed": {
    severity: "review",
    says: "a checksum changed without a new version",
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
