import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { judge, type JudgeContext } from "../../tools/gate/judge.ts";
import { bumped, context, filesOf, pkgbases, recipes, type RecipeName } from "./recipes.ts";

/** What a stand-in distribution has. */
const isInstallable = (relation: string): boolean =>
  /^(?:glibc|gtk4|zlib>=1|openssl<4|libfoo\.so=1-64)$/.test(relation);
const knowing: JudgeContext = { ...context, isInstallable };

type Others = Parameters<typeof filesOf>[2];

interface Change {
  readonly name: RecipeName;
  readonly edit: (text: string) => string;
  readonly before?: Others;
  readonly after?: Others;
}

/** Beside a new version, as most of them come. */
function verdict({ name, edit, before, after }: Change, judging: JudgeContext = knowing): string {
  const [old, now] = [recipes[name].PKGBUILD, edit(bumped(name))];
  const update = {
    pkgbase: pkgbases[name],
    before: filesOf(name, old, before),
    after: filesOf(name, now, after),
  };
  return judge(update, judging).verdict;
}

const replaced =
  (old: string, now: string) =>
  (text: string): string => {
    expect(text).toContain(old);
    return text.replace(old, now);
  };

describe("a difference that can do no harm passes", () => {
  test.each<[string, Change]>([
    ["pkgdesc", { name: "cmake", edit: replaced("'A viewer'", "'A viewer of foos'") }],
    ["license", { name: "cmake", edit: replaced("GPL-3.0-or-later", "'GPL-3.0-or-later AND MIT'") }],
    [
      "url that nothing reads",
      { name: "cmake", edit: replaced("url=https://fooview.org", "url=https://fooview.org/home") },
    ],
    [
      "optdepends",
      {
        name: "cmake",
        edit: replaced("depends=(qt6-base)", "depends=(qt6-base)\noptdepends=('anything: for more')"),
      },
    ],
    [
      "an option that makes it larger",
      { name: "cmake", edit: replaced("license=", "options=(!strip !debug)\nlicense=") },
    ],
    ["a known architecture more", { name: "cmake", edit: replaced("(x86_64)", "(x86_64 aarch64)") }],
    ["a dependency that goes", { name: "cmake", edit: replaced("(cmake ninja)", "(cmake)") }],
    ["a package of the distribution", { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base gtk4)") }],
    ["a version of it that it has", { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base 'zlib>=1')") }],
    [
      "a soname that it provides",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base libfoo.so=1-64)") },
    ],
    ["a document that nothing reads", { name: "cmake", edit: String, after: { "README.md": "# hello\n" } }],
    [
      "settings of nvchecker",
      {
        name: "cmake",
        edit: String,
        before: { ".nvchecker.toml": "a=1\n" },
        after: { ".nvchecker.toml": "a=2\n" },
      },
    ],
    ["a license that goes", { name: "cmake", edit: String, before: { LICENSE: "MIT\n" } }],
    [
      "another document of the source in the package",
      {
        name: "rust",
        edit: replaced(
          "package() {\n",
          'package() {\n  install -Dm644 "$pkgname-$pkgver/LICENSE" "$pkgdir/usr/share/licenses/$pkgname/LICENSE"\n',
        ),
      },
    ],
    [
      "a dependency of one of several packages",
      { name: "split", edit: replaced("depends=(glibc)", "depends=(glibc gtk4)") },
    ],
    [
      "a description of one of several packages",
      { name: "split", edit: replaced("pkgdesc='The suite'", "pkgdesc='A suite'") },
    ],
    ["no link time optimisation", { name: "cmake", edit: replaced("license=", "options=(!lto)\nlicense=") }],
    [
      "an address with a place in the page",
      { name: "cmake", edit: replaced("fooview.org\n", "fooview.org/#home\n") },
    ],
    [
      "a maintainer's own Makefile",
      { name: "cmake", edit: String, before: { Makefile: "a:\n" }, after: { Makefile: "b:\n" } },
    ],
  ])("%s", (_, change) => expect(verdict(change)).toBe("minor"));

  test("architectures, where a program has the word in its name", () => {
    const edit = replaced("cmake -B", "arch-meson x; cmake -B");
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", edit(recipes.cmake.PKGBUILD)),
      after: filesOf("cmake", edit(bumped("cmake")).replace("(x86_64)", "(x86_64 aarch64)")),
    };
    expect(judge(update, knowing).verdict).toBe("minor");
  });

  test("a changelog that a maintainer's own script names", () => {
    const edit = replaced("license=", "changelog=news.txt\nlicense=");
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", edit(recipes.cmake.PKGBUILD), {
        "news.txt": "1\n",
        "release.sh": "cat news.txt\n",
      }),
      after: filesOf("cmake", edit(bumped("cmake")), { "news.txt": "2\n", "release.sh": "cat news.txt\n" }),
    };
    expect(judge(update, knowing).verdict).toBe("minor");
  });

  test("a changelog", () => {
    const edit = replaced("license=", "changelog=x.changelog\nlicense=");
    expect(verdict({ name: "cmake", edit, after: { "x.changelog": "1\n" } })).toBe("minor");
  });

  test("a changelog that pacman shows", () => {
    const edit = replaced("license=", "changelog=fooview.changelog\nlicense=");
    const old = edit(recipes.cmake.PKGBUILD);
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", old, { "fooview.changelog": "1\n" }),
      after: filesOf("cmake", edit(bumped("cmake")), { "fooview.changelog": "2\n" }),
    };
    expect(judge(update, knowing).verdict).toBe("minor");
  });
});

describe("what only looks harmless doesn't pass", () => {
  test.each<[string, Change]>([
    [
      "pkgdesc that a function reads",
      {
        name: "cmake",
        edit: (text) =>
          replaced("'A viewer'", "'x; touch y'")(text).replace("cmake -B", "eval $pkgdesc; cmake -B"),
      },
    ],
    ["pkgdesc with hidden characters", { name: "cmake", edit: replaced("'A viewer'", "'A vie\u202ewer'") }],
    ["pkgdesc made by a command", { name: "cmake", edit: replaced("'A viewer'", '"$(id)"') }],
    [
      "url that a source is made of",
      { name: "rust", edit: replaced("github.com/burnt/riptool'", "github.com/burned/riptool'") },
    ],
    [
      "url with a script",
      { name: "cmake", edit: replaced("url=https://fooview.org", "url=javascript:alert") },
    ],
    [
      "a dependency that is only in the AUR",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base evil-git)") },
    ],
    [
      "a name that something else provides",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base gtk)") },
    ],
    ["a version that nobody has", { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base 'openssl<1')") }],
    [
      "a version that nobody can install a newer one of",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base 'openssl<4')") },
    ],
    [
      "a soname that nobody provides",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base libbar.so=1-64)") },
    ],
    ["a dependency that is a pattern", { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base gtk?)") }],
    [
      "a dependency with an option in it",
      { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base --config=x)") },
    ],
    ["a further provides", { name: "cmake", edit: replaced("license=", "provides=(glibc)\nlicense=") }],
    ["a conflict", { name: "cmake", edit: replaced("license=", "conflicts=(glibc)\nlicense=") }],
    ["a replaces", { name: "cmake", edit: replaced("license=", "replaces=(glibc)\nlicense=") }],
    ["an option that runs more", { name: "cmake", edit: replaced("license=", "options=(ccache)\nlicense=") }],
    ["an option that leaves out", { name: "cmake", edit: replaced("license=", "options=(!docs)\nlicense=") }],
    ["an architecture of no one", { name: "cmake", edit: replaced("(x86_64)", "(x86_64 'a/b')") }],
    ["an architecture that becomes any", { name: "cmake", edit: replaced("(x86_64)", "(any)") }],
    ["an architecture that goes", { name: "binary", edit: replaced("('x86_64' 'aarch64')", "('x86_64')") }],
    ["a backup", { name: "cmake", edit: replaced("license=", "backup=(etc/passwd)\nlicense=") }],
    ["a group", { name: "cmake", edit: replaced("license=", "groups=(base)\nlicense=") }],
    [
      "a document that is a program",
      { name: "cmake", edit: String, after: { "README.sh": "#!/bin/sh\nid\n" } },
    ],
    [
      "a script with a document's name that is run",
      { name: "cmake", edit: replaced("cmake -B", "bash ../README; cmake -B"), after: { README: "id\n" } },
    ],
    [
      "a license that is a source by another name",
      {
        name: "cmake",
        edit: (text) => text.replace("fix.patch)", 'fix.patch LICEN""SE)'),
        before: { LICENSE: "a\n" },
        after: { LICENSE: "b\n" },
      },
    ],
    [
      "a dependency of one of several packages that is only in the AUR",
      { name: "split", edit: replaced("depends=(glibc)", "depends=(glibc evil)") },
    ],
    [
      "a second list of dependencies of one of several packages",
      { name: "split", edit: replaced("depends=(glibc)", "depends=(glibc)\n  depends=(evil)") },
    ],
    [
      "a dependency of one of several packages that its function reads",
      {
        name: "split",
        edit: replaced("depends=(glibc)", 'depends=(glibc gtk4)\n  make "${depends[1]}"'),
      },
    ],
    [
      "what one of several packages provides",
      { name: "split", edit: replaced("depends=(glibc)", "depends=(glibc)\n  provides=(gtk4)") },
    ],
    [
      "an architecture's dependencies in a condition",
      { name: "split", edit: replaced("depends=(glibc)", "[ -e /x ] && depends=(glibc gtk4)") },
    ],
    ["a changelog outside", { name: "cmake", edit: replaced("license=", "changelog=../x\nlicense=") }],
    [
      "a document in the place of programs",
      {
        name: "rust",
        edit: replaced(
          "package() {\n",
          'package() {\n  install -Dm644 x "$pkgdir/usr/share/man/../../bin/x"\n',
        ),
      },
    ],
    [
      "a document with a mode",
      {
        name: "rust",
        edit: replaced("package() {\n", 'package() {\n  install -Dm755 x "$pkgdir/usr/share/doc/x"\n'),
      },
    ],
    [
      "a document from elsewhere",
      {
        name: "rust",
        edit: replaced(
          "package() {\n",
          'package() {\n  install -Dm644 /etc/shadow "$pkgdir/usr/share/doc/x"\n',
        ),
      },
    ],
    [
      "a document beside the source",
      {
        name: "rust",
        edit: replaced("package() {\n", 'package() {\n  install -Dm644 ../x "$pkgdir/usr/share/doc/x"\n'),
      },
    ],
    [
      "a document by a command",
      {
        name: "rust",
        edit: replaced("package() {\n", 'package() {\n  install -Dm644 "$(id)" "$pkgdir/usr/share/doc/x"\n'),
      },
    ],
    [
      "an install of its own",
      {
        name: "rust",
        edit: (text) =>
          replaced(
            "package() {\n",
            'package() {\n  install -Dm644 x "$pkgdir/usr/share/doc/x"\n',
          )(text).replace("prepare()", "install() { id; }\n\nprepare()"),
      },
    ],
    [
      "a desktop file's Exec",
      {
        name: "cmake",
        edit: String,
        before: { "x.desktop": "Exec=a\n" },
        after: { "x.desktop": "Exec=b\n" },
      },
    ],
  ])("%s", (_, change) => expect(verdict(change)).not.toBe("minor"));

  test.each([
    "cat ../READ*",
    "cat ../READ{M,}E",
    'cat "$startdir"/R*',
    "cp -r .. x",
    "cd ..; cat R*",
    "cat ../$_f",
    "cat ../READ\\ME",
    'cat ../READ"M"E',
    "cat $OLDPWD/R*",
    "cat ~-/R*",
  ])("a document, where accepted code has %s", (code) => {
    const edit = replaced("cmake -B", `${code}\n  cmake -B`);
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", edit(recipes.cmake.PKGBUILD), { README: "a\n" }),
      after: filesOf("cmake", edit(bumped("cmake")), { README: "b\n" }),
    };
    expect(judge(update, knowing).verdict).not.toBe("minor");
  });

  test.each([
    "cd -; cat R*",
    "pushd -0; cat R*",
    'cat "$(git rev-parse --show-toplevel)"/R*',
    "bash release.sh",
    "cat $(dirname $srcdir)/R*",
  ])("a document, where accepted code has %s and a script names it", (code) => {
    const edit = replaced("cmake -B", `${code}\n  cmake -B`);
    const others = { "release.sh": "cat README | sh\n" };
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", edit(recipes.cmake.PKGBUILD), { README: "a\n", ...others }),
      after: filesOf("cmake", edit(bumped("cmake")), { README: "b\n", ...others }),
    };
    expect(judge(update, knowing).verdict).not.toBe("minor");
  });

  test.each([
    "eval ${!_x}",
    '_n=pkg; _n+=desc; eval "\\$$_n"',
    "((_x))",
    "local _y=${_z:_x}",
    "[[ $_x -eq 1 ]]",
    "echo ${_a[_x]}",
    "local -n _r=$_x",
    "declare -p",
    "set | sh",
    "compgen -v",
    "printf %s ${_x@P}",
    'trap "$_x" EXIT',
    "export $_x",
    "export pkgdesc; ./configure",
    "$_x $_y",
    "builtin eval $_x",
    "PS4='$(x)'; set -x",
    "cd ..; grep -r desc .",
    "cat ../PKG*",
    "grep -r d ..",
    "cmake -P ../*",
    "bash helper.sh",
    "git -C .. grep d",
  ])("a description, where accepted code has %s", (code) => {
    const others = { "helper.sh": "grep desc= PKGBUILD | sh\n" };
    const edit = replaced("cmake -B", `${code}\n  cmake -B`);
    const update = {
      pkgbase: pkgbases.cmake,
      before: filesOf("cmake", edit(recipes.cmake.PKGBUILD), others),
      after: filesOf("cmake", edit(bumped("cmake")).replace("'A viewer'", "'touch x'"), others),
    };
    expect(judge(update, knowing).verdict).not.toBe("minor");
  });

  test.each(["_x=$(cat READ*)", "_x=(R*)", "source R*"])(
    "a document, where code at reading has %s",
    (code) => {
      const edit = (text: string): string => `${code}\n${text}`;
      const update = {
        pkgbase: pkgbases.cmake,
        before: filesOf("cmake", edit(recipes.cmake.PKGBUILD), { README: "a\n" }),
        after: filesOf("cmake", edit(bumped("cmake")), { README: "b\n" }),
      };
      expect(judge(update, knowing).verdict).not.toBe("minor");
    },
  );

  test("a dependency, where nothing is known of the distribution", () => {
    const change = { name: "cmake", edit: replaced("(qt6-base)", "(qt6-base gtk4)") } as const;
    expect(verdict(change, context)).toBe("major");
  });
});

describe("a desktop entry", () => {
  test.each([
    ["its name", "Name=Foo\n", "Name=Foo view\n", "minor"],
    ["a translation", "", "Comment[de]=Bilder ansehen\n", "minor"],
    ["its categories", "Categories=Graphics;\n", "Categories=Graphics;Viewer;\n", "minor"],
    ["what it opens", "MimeType=image/png;\n", "MimeType=text/html;\n", "major"],
    ["a further action", "", "Actions=x;\n[Desktop Action x]\nExec=sh\n", "major"],
    ["a name with a command", "Name=Foo\n", "Name=$(id)\n", "major"],
    ["an icon elsewhere", "Icon=foo\n", "Icon=/tmp/x.svg\n", "major"],
    ["when it starts", "", "X-GNOME-Autostart-enabled=true\n", "dangerous"],
  ])("%s", (_, before, after, expected) => expect(judged(before, after)).toBe(expected));

  test("that is read by a command", () => {
    expect(judged("Name=Foo\n", "Name=Bar\n", (text) => reading(listing(text)))).not.toBe("minor");
  });
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const reading = replaced("cmake -B", "grep ^Name= fooview.desktop | sh\n  cmake -B");

function entry(text: string): string {
  return `[Desktop Entry]\nType=Application\nExec=fooview\n${text}`;
}

function listing(text: string): string {
  return text
    .replace("fix.patch)", "fix.patch\n  fooview.desktop\n)")
    .replace(
      "package() {\n",
      'package() {\n  install -Dm644 fooview.desktop "$pkgdir/usr/share/applications/fooview.desktop"\n',
    );
}

function withSum(text: string, content: string): string {
  return text.replace(/(sha256sums=\('[^']*' SKIP '[^']*')\)/, `$1 '${sha256(entry(content))}')`);
}

function judged(before: string, after: string, edit = listing): string {
  const [old, now] = [recipes.cmake.PKGBUILD, bumped("cmake")].map(edit);
  const update = {
    pkgbase: pkgbases.cmake,
    before: filesOf("cmake", withSum(old!, before), { "fooview.desktop": entry(before) }),
    after: filesOf("cmake", withSum(now!, after), { "fooview.desktop": entry(after) }),
  };
  return judge(update, knowing).verdict;
}
