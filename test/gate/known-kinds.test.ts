import { describe, expect, test } from "vitest";
import { judge, type RecipeFile } from "../../tools/gate/judge.ts";
import { bumped, context, file, filesOf, type RecipeName, recipes } from "./recipes.ts";

type Edit = (pkgbuild: string) => string;

const atEnd =
  (line: string): Edit =>
  (text) =>
    `${text}\n${line}\n`;
const inPackage =
  (line: string): Edit =>
  (text) =>
    text.replace(/^package\(\) \{\n/m, (head) => `${head}  ${line}\n`);
const replace =
  (old: string, now: string): Edit =>
  (text) => {
    if (!text.includes(old)) throw new Error(`nothing to replace: ${old}`);
    return text.replaceAll(old, now);
  };

function verdictOf(
  recipe: RecipeName,
  edit: Edit,
  files: Readonly<Record<string, string | RecipeFile>> = {},
): string {
  const before = recipes[recipe].PKGBUILD;
  const update = {
    pkgbase: /^pkg(?:base|name)=(\S+)/m.exec(before)?.[1]?.replace("${_name}", "my-tool") ?? "",
    before: filesOf(recipe, before),
    after: filesOf(recipe, edit(bumped(recipe)), files),
  };
  return judge(update, context).verdict;
}

const commands = {
  "programs out of what comes in": [
    "cat x | (sh)",
    "cat x | { bash; }",
    "cat x | while read -r l; do sh; done",
    "bash < x",
    "tee >(bash) < x",
    "cat x | python -",
    "perl < x",
    "bash /dev/stdin < x",
    "find . -exec {} \\;",
    "echo x | xargs -I% %",
    "echo x | xargs -n1 nice",
  ],
  "what loads more": [
    "python -m timeit 'import os; os.system(\"x\")'",
    'node -e \'require("https").get("x")\'',
    "perl -e'do \"./x.pl\"'",
    "ruby -e 'load \"./x\"'",
    "php -r 'include \"x.inc\";'",
    "lua -e 'dofile(\"x.lua\")'",
    "python -c 'import pip; pip.main([])'",
    "gawk 'BEGIN { s = \"/inet/tcp/0/x/80\" }'",
  ],
  "package managers and downloads by longer names": [
    "/usr/lib/git-core/git-clone x",
    "git -C x fetch-pack y",
    "python -mpip install x",
    "python -Im pip install x",
    "node /usr/lib/node_modules/npm/bin/npm-cli.js ci",
    "fossil clone x y",
    "bzr branch x",
    "svn --quiet cat x",
    "python setup.py install --user",
    "docker run x",
    "systemd-nspawn -D x",
    "nerdctl pull x",
    "python -m venv --upgrade-deps x",
    "python -Im venv --upgrade x",
    "nvm install 22",
    "nvm exec 22 ./x",
    "nvm run 22 x.js",
    "cargo update",
    "command npm install x",
    "command -p npm install x",
  ],
  "options that order": [
    "tar --checkpoint-act=exec=./x -cf y .",
    "tar -I ./x -xf y",
    "make --eval='$(shell ./x)'",
    "make -E '$(shell ./x)'",
    "make SHELL=./x",
    "git config --global url.https://x.example/.insteadOf https://github.com/",
    "git -c core.fsmonitor=./x status",
    "git bisect run ./x",
    "git rebase --exec ./x HEAD~1",
    "go build -toolexec ./x",
    "go env -w GOFLAGS=-toolexec=./x",
    "cargo build --config build.rustc-wrapper=./x",
    "gcc -fplugin=./x.so y.c",
    "sed -e 's/a/b/;1e ./x' y",
    "sed 's/a/b/e' y",
    "rsync -e ./x a b",
    "sort --compress-program=./x y",
    "split --filter=./x y",
    "zip -TT ./x y.zip z",
    "pdflatex -shell-escape x",
    "jq -Rr @base64d x",
  ],
  "variables that order": [
    "export LUA_INIT=@x.lua",
    "GCONV_PATH=. iconv x",
    "env 'BASH_FUNC_go%%=() { ./x; }' bash build.sh",
    "RUSTFLAGS='-C linker=./x' cargo build",
    "export LDFLAGS=-Wl,-plugin,./x.so",
    "TAR_OPTIONS=--to-command=./x tar xf y",
    "GIT_CONFIG_COUNT=1 git status",
    "MAKEFLAGS='--eval=x' make",
    "JAVA_TOOL_OPTIONS=-javaagent:x.jar javac y",
  ],
  "code in a subscript, and in a list in quotes": [
    "let 'a[$(id)]=1'",
    "[ -v 'a[$(id)]' ]",
    "test -v 'a[$(id)]'",
    "unset 'a[$(id)]'",
    "read 'a[$(id)]' < x",
    "printf -va 1",
    "mapfile -C./x -c1 a < y",
    "readarray -tC ./x a < y",
    "declare -a a='($(id))'",
    "local -A a='([x]=$(id))'",
    "declare -i a='b[$(id)]'",
  ],
  "rights of root": [
    "chmod 004755 x",
    "chmod =4755 x",
    "chmod $((4000+755)) x",
    "chmod ug+xs x",
    "chmod u=rwxs x",
    "chmod o-w,u+s x",
    "chmod --reference=/usr/bin/su x",
    "install -m 06755 x y",
    "install -Dm u+s x y",
    "cp -a /usr/bin/su x",
    "setfattr -n security.capability -v 0sAQ x",
  ],
  "scriptlets by another way": [
    "read -r install <<< setup.txt",
    "export install=setup.txt",
    "for install in setup.txt; do :; done",
    "mapfile install < x",
    ": ${install:=setup.txt}",
    "install=setup.txt",
    "echo x > ../PKGBUILD",
    "sed -i '$a :' ../lazy.install",
    "cp x ../.SRCINFO",
    "cd .. && echo x > lazy.install",
    "cp x ../other",
  ],
  "places from which something starts": [
    'install -D x "$pkgdir/usr/lib/systemd/system-preset/x"',
    'install -D x "$pkgdir/usr/lib/systemd/user-generators/x"',
    'install -D x "$pkgdir/usr/lib/systemd/system-sleep/x"',
    'cd "$pkgdir/usr/lib/systemd" && install -D "$srcdir/x" system/x',
    'd="$pkgdir/usr/lib"; d+=/systemd; install -D x "$d/system/x"',
    'for d in system; do install -D x "$pkgdir/usr/lib/systemd/$d/x"; done',
    'install -d "$pkgdir"/usr/lib/systemd/{system,x}/',
    'echo "import x" > "$pkgdir/usr/lib/python3.13/site-packages/x.pth"',
    'install -D x "$pkgdir/etc/grub.d/x"',
    'install -D x "$pkgdir/usr/share/dbus-1/services/x"',
    'install -D x "$pkgdir/usr/share/fish/vendor_conf.d/x.fish"',
    'install -D x "$pkgdir/usr/share/bash-completion/completions/ls"',
    'install -D x "$pkgdir/usr/lib/kernel/install.d/90-x"',
    'install -D x "$pkgdir/usr/lib/modprobe.d/x.conf"',
    'install -D x "$pkgdir/usr/src/x-1/dkms.conf"',
    'install -D x "$pkgdir/usr/lib/mozilla/native-messaging-hosts/x.json"',
  ],
  "look-alikes": [
    "mɑke",
    "sed -i 's#x#https://githab.com/#' y",
    "x -u https://github.com.example.org/",
    "x https://𝗀ithub.com/",
  ],
} as const;

describe.each(Object.entries(commands))("no trust lets a command in: %s", (_, lines) => {
  test.each(lines)("%s", (line) => {
    expect(verdictOf("go", inPackage(line))).toBe("dangerous");
  });
});

describe("what builds do every day is read by a person, and not refused", () => {
  test.each([
    'export CFLAGS="$CFLAGS -O3"',
    "export RUSTFLAGS='-C target-cpu=x86-64-v3'",
    "export RUSTFLAGS='-C linker=clang'",
    "export GOFLAGS='-trimpath -mod=readonly'",
    "export CC=clang",
    "export PYTHONPATH=$PWD",
    "export RUSTUP_TOOLCHAIN=stable",
    "MAKEFLAGS=-j1 make",
    "tar -I zstd -xf x.tar.zst",
    "sed -i 's/a/e/;s|usr/lib|usr/libexec|g;/x/d' lazy/y",
    "sed -e 's/[/]/e/' -e '/here/,/there/d' lazy/y",
    "find lazy -name y -exec sed -i 's/a/b/' {} +",
    "find lazy -type f -print0 | xargs -0 chmod 644",
    "chmod 0755 lazy/x",
    "chmod -R u=rwX,go=rX lazy",
    "cd lazy && echo x > ../y",
    "python -m build --wheel --no-isolation",
    "python -m installer --destdir=x --compile-bytecode=1 dist/*.whl",
    "python -m venv --clear --without-pip --system-site-packages test-env",
    "nvm use 22",
    "nvm deactivate && nvm unload",
    "cargo update --offline",
    "command -v npm",
    "perl -pi -e 's/a/b/' lazy/y",
    "bash lazy/build.sh",
    "awk '{ print $1 }' lazy/y",
    "git -C lazy describe --tags",
    'install -Dm644 lazy/x "$pkgdir/usr/share/doc/lazy/systemd/system/x"',
  ])("%s", (line) => {
    expect(verdictOf("go", inPackage(line))).toBe("major");
  });
});

describe("variables at top level", () => {
  test.each([
    "SKIPCHECKSUMS=1",
    "SKIPPGPCHECK=1",
    "NOEXTRACT=1",
    "HOLDVER=1",
    "NOBUILD=1",
    "INSTALL=1",
    "MAKEFLAGS='--eval=x'",
    "TAR_OPTIONS=--to-command=./x",
    "export LUA_INIT=@./x.lua",
    "export GCONV_PATH=.",
    "export GOFLAGS=-toolexec=./x",
    "export PERL5OPT=-Mx",
    "RUSTFLAGS='-C linker=./x'",
    "LDFLAGS=-Wl,-plugin,./x.so",
    "CFLAGS=-fplugin=./x.so",
    "GIT_CONFIG_COUNT=1",
    "readonly -a _q='($(id))'",
  ])("%s", (line) => {
    expect(verdictOf("go", atEnd(line))).toBe("dangerous");
  });

  test.each(["CFLAGS='-O3 -march=native'", "RUSTFLAGS='-C opt-level=3'", "noextract=(x)"])(
    "only read: %s",
    (line) => {
      expect(verdictOf("go", atEnd(line))).toBe("major");
    },
  );
});

describe("another's source", () => {
  const archive = "$url/archive/refs/tags/v$pkgver.tar.gz";
  test.each([
    ["rust", archive, "https://github.com/mallory/patches/archive/refs/tags/v$pkgver.tar.gz"],
    ["rust", archive, "https://evil.example/x-$pkgver.tar.gz"],
    ["rust", archive, "https://gitub.com/burnt/riptool/archive/refs/tags/v$pkgver.tar.gz"],
    ["rust", archive, "https://github.com.evil.example/burnt/riptool/archive/v$pkgver.tar.gz"],
    ["rust", archive, "https://github-com.net/burnt/riptool/archive/v$pkgver.tar.gz"],
    ["rust", archive, "data:text/plain,x"],
    ["cmake", " fix.patch)", " https://evil.example/fix.patch)"],
    ["cmake", "https://fooview.org/", "https://foovievv.org/"],
    ["cmake", "https://fooview.org/", "https://fooviev.org/"],
    ["python", "${_name::1}/$_name/${_name//-/_}", "e/evil/evil"],
    ["go", "#commit=$_commit", "#commit=HEAD"],
    ["go", "#commit=$_commit", "#tag=HEAD"],
    ["go", "#commit=$_commit", "#tag=refs/heads/main"],
    ["go", "git+https://github.com/jesse/lazy.git#commit=$_commit", "lazy::git+ext::sh -c id#tag=v1"],
  ] as const)("%s: %s becomes %s", (recipe, old, now) => {
    expect(verdictOf(recipe, replace(old, now))).toBe("dangerous");
  });

  test.each([
    ["rust", "$url/archive", "https://github.com/burnt-org/riptool/archive"],
    ["cmake", "https://fooview.org/releases", "https://download.fooview.org/releases"],
  ] as const)("a move under its own name is read: %s, %s becomes %s", (recipe, old, now) => {
    expect(verdictOf(recipe, replace(old, now))).toBe("major");
  });
});

describe("names", () => {
  test.each([
    ["split", replace("(suite suite-docs)", "(suite suite-docs suit)"), "dangerous"],
    ["split", replace("(suite suite-docs)", "(suite suite-docs python-requests)"), "dangerous"],
    ["split", replace("(suite suite-docs)", "(suite suite-docs suite-tools)"), "major"],
    ["cmake", atEnd("provides=(libcrypto.so=3-64)"), "dangerous"],
    ["cmake", atEnd("provides=(mesa)"), "dangerous"],
    ["cmake", inPackage("provides=(libcrypto.so)"), "dangerous"],
    ["cmake", inPackage("replaces=(mesa)"), "dangerous"],
    ["cmake", atEnd("provides=(fooviewer)"), "major"],
  ] as const)("%s %#", (recipe, edit, verdict) => {
    expect(verdictOf(recipe, edit)).toBe(verdict);
  });
});

const bytes = (...values: number[]): RecipeFile => ({ mode: "100644", bytes: Uint8Array.from(values) });
const ustar = new Uint8Array(512);
ustar.set(new TextEncoder().encode("ustar"), 257);

describe("files", () => {
  test.each<readonly [string, string | RecipeFile]>([
    ["x.txt", bytes(0x66, 0xfc, 0x72)],
    ["x.txt", "a\0b"],
    ["x.patch", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\u202Eb\n"],
    ["x.sh", "exec ./cha\u200Btter\n"],
    ["x.txt", { mode: "100644", bytes: ustar }],
    ["x.img", file("07070100")],
    ["x.luac", bytes(0x1b, 0x4c, 0x75, 0x61)],
    ["x.pyc", bytes(0xf3, 0x0d, 0x0d, 0x0a)],
    ["x.patch", '--- /dev/null\n+++ "b/\\056\\056/x"\n@@ -0,0 +1 @@\n+x\n'],
    ["x.preset", "enable x\n"],
    ["x.cron.daily", "#!/bin/sh\nx\n"],
    ["x.pth", "import x\n"],
    ["x.fish", "x\n"],
    [".cargo/config.toml", '[build]\nrustc-wrapper = "./x"\n'],
    ["package.json", '{"scripts":{"postinstall":"./x"}}\n'],
    ["x.conf", 'PRE_BUILD="x.sh"\n'],
    ["x.json", '{"allowed_origins":["x"]}\n'],
    ["x.txt", 'SUBSYSTEM=="usb", RUN+="/x"\n'],
    ["x.txt", "* * * * * root /x\n"],
  ])("%s %#", (path, content) => {
    expect(verdictOf("go", (text) => text, { [path]: content })).toBe("dangerous");
  });

  test.each([
    ["x.txt", "Grüße, 日本語 ☀️\n"],
    ["CHANGELOG", "* one\n* two\n"],
    ["x.desktop", "[Desktop Entry]\nName=x\nExec=x\n"],
  ])("is read: %s", (path, content) => {
    expect(verdictOf("go", (text) => text, { [path]: content })).toBe("major");
  });
});
