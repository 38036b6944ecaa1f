import { formatSrcinfo, type Srcinfo } from "../../tools/alpm/srcinfo.ts";
import { ReadByBash } from "../world/read-by-bash.ts";
import type { JudgeContext, RecipeFile, RecipeFiles } from "../../tools/gate/judge.ts";
import { evaluate } from "../../tools/pkgbuild/evaluation/evaluate.ts";
import { expectedSrcinfo, type Section } from "../../tools/pkgbuild/srcinfo/expected-srcinfo.ts";
import { readPkgbuild } from "../../tools/pkgbuild/recipe.ts";

const hash = (digit: string): string => digit.repeat(64);

/** Honest recipes of the kinds that there are, at one version. */
export const recipes = {
  binary: {
    PKGBUILD: `# Maintainer: Ann <ann at example dot org>
pkgname=glow-bin
pkgver=1.4.0
pkgrel=1
pkgdesc="Render markdown"
arch=('x86_64' 'aarch64')
url="https://github.com/charm/glow"
license=('MIT')
provides=("glow=$pkgver")
conflicts=('glow')
source_x86_64=("glow-$pkgver-x86_64.tar.gz::https://github.com/charm/glow/releases/download/v$pkgver/glow_Linux_x86_64.tar.gz")
source_aarch64=("glow-$pkgver-aarch64.tar.gz::https://github.com/charm/glow/releases/download/v$pkgver/glow_Linux_arm64.tar.gz")
sha256sums_x86_64=('${hash("1")}')
sha256sums_aarch64=('${hash("2")}')

package() {
  install -Dm755 glow "$pkgdir/usr/bin/glow"
  install -Dm644 LICENSE -t "$pkgdir/usr/share/licenses/$pkgname"
}
`,
  },
  cmake: {
    PKGBUILD: `pkgname=fooview
pkgver=2.1
pkgrel=3
epoch=1
pkgdesc='A viewer'
arch=(x86_64)
url=https://fooview.org
license=(GPL-3.0-or-later)
depends=(qt6-base)
makedepends=(cmake ninja)
source=("https://fooview.org/releases/fooview-$pkgver.tar.xz"{,.sig} fix.patch)
sha256sums=('${hash("3")}' SKIP '${hash("4")}')
validpgpkeys=('ABCDEF0123456789ABCDEF0123456789ABCDEF01')

prepare() {
  cd "fooview-$pkgver"
  patch -Np1 -i ../fix.patch
}

build() {
  cmake -B build -S "fooview-$pkgver" -DCMAKE_INSTALL_PREFIX=/usr
  cmake --build build
}

package() {
  DESTDIR="$pkgdir" cmake --install build
}
`,
    "fix.patch": `--- a/src/main.cpp
+++ b/src/main.cpp
@@ -1 +1 @@
-int a;
+int b;
`,
  },
  python: {
    PKGBUILD: `_name=my-tool
pkgname=python-\${_name}
pkgver=0.9.1
pkgrel=1
pkgdesc="A tool"
arch=(any)
url="https://pypi.org/project/$_name"
license=(Apache-2.0)
depends=(python)
makedepends=(python-build python-installer python-wheel)
source=("https://files.pythonhosted.org/packages/source/\${_name::1}/$_name/\${_name//-/_}-$pkgver.tar.gz")
b2sums=('${hash("5")}${hash("5")}')

build() {
  cd "\${_name//-/_}-$pkgver"
  python -m build --wheel --no-isolation
}

package() {
  cd "\${_name//-/_}-$pkgver"
  python -m installer --destdir="$pkgdir" dist/*.whl
}
`,
  },
  go: {
    PKGBUILD: `pkgname=lazy
_pkgver=1.2.0-beta.1
_commit=0123456789abcdef0123456789abcdef01234567
pkgver=\${_pkgver//-/_}
pkgrel=1
arch=(x86_64)
url=https://github.com/jesse/lazy
license=(MIT)
makedepends=(go git)
source=("git+https://github.com/jesse/lazy.git#commit=$_commit")
sha256sums=(SKIP)

build() {
  cd lazy
  export CGO_ENABLED=0
  go build -ldflags "-X main.version=$pkgver" -o lazy
}

package() {
  install -Dm755 lazy/lazy -t "$pkgdir/usr/bin"
}
`,
  },
  rust: {
    PKGBUILD: `pkgname=riptool
pkgver=14.1.0
pkgrel=1
arch=('x86_64')
url='https://github.com/burnt/riptool'
license=('MIT')
makedepends=('cargo')
source=("$pkgname-$pkgver.tar.gz::$url/archive/refs/tags/v$pkgver.tar.gz")
sha512sums=('${hash("6")}${hash("6")}')

prepare() {
  cd "$pkgname-$pkgver"
  cargo fetch --locked --target "$(rustc -vV | sed -n 's/host: //p')"
}

build() {
  cd "$pkgname-$pkgver"
  cargo build --frozen --release
}

package() {
  install -Dm755 "$pkgname-$pkgver/target/release/riptool" "$pkgdir/usr/bin/riptool"
}
`,
  },
  vcs: {
    PKGBUILD: `pkgname=bar-git
pkgver=3.0.r12.gabcdef1
pkgrel=1
arch=(x86_64)
url=https://github.com/bar/bar
license=(GPL)
makedepends=(git meson)
provides=(bar)
conflicts=(bar)
source=(git+https://github.com/bar/bar.git)
sha256sums=(SKIP)

pkgver() {
  cd bar
  git describe --long --tags | sed 's/^v//;s/\\([^-]*-g\\)/r\\1/;s/-/./g'
}

build() {
  arch-meson bar build
  meson compile -C build
}

package() {
  meson install -C build --destdir "$pkgdir"
}
`,
  },
  split: {
    PKGBUILD: `pkgbase=suite
pkgname=(suite suite-docs)
pkgver=5.6.7
_major=\${pkgver%.*}
pkgrel=2
arch=(x86_64)
url=https://suite.example.org
license=(BSD-3-Clause)
makedepends=(make)
source=("https://suite.example.org/$_major/suite-$pkgver.tar.gz")
sha256sums=('${hash("7")}') # from the announcement

build() {
  make -C "suite-$pkgver"
}

package_suite() {
  pkgdesc='The suite'
  depends=(glibc)
  install=suite.install
  make -C "suite-$pkgver" DESTDIR="$pkgdir" install
}

package_suite-docs() {
  pkgdesc='Its documentation'
  cp -r "suite-$pkgver/doc" "$pkgdir/usr/share/doc/"
}
`,
    "suite.install": `post_install() {
  echo "Read /usr/share/doc/suite"
}
`,
  },
} as const;

export type RecipeName = keyof typeof recipes;

/** The next honest version of each. */
const bumps: Readonly<Record<RecipeName, readonly (readonly [string, string])[]>> = {
  binary: [
    ["pkgver=1.4.0", "pkgver=1.5.0"],
    [hash("1"), hash("a")],
    [hash("2"), hash("b")],
  ],
  cmake: [
    ["pkgver=2.1", "pkgver=2.2"],
    ["pkgrel=3", "pkgrel=1"],
    [hash("3"), hash("c")],
  ],
  python: [
    ["pkgver=0.9.1", "pkgver=0.10.0"],
    [hash("5"), hash("d")],
  ],
  go: [
    ["_pkgver=1.2.0-beta.1", "_pkgver=1.2.0-beta.2"],
    ["0123456789abcdef0123456789abcdef01234567", "76543210fedcba9876543210fedcba9876543210"],
  ],
  rust: [
    ["pkgver=14.1.0", "pkgver=14.1.1"],
    [hash("6"), hash("e")],
  ],
  vcs: [["pkgver=3.0.r12.gabcdef1", "pkgver=3.0.r20.g1234abc"]],
  split: [
    ["pkgver=5.6.7", "pkgver=5.7.0"],
    ["pkgrel=2", "pkgrel=1"],
    [hash("7"), hash("f")],
  ],
};

export function bumped(name: RecipeName): string {
  return bumps[name].reduce(
    (text, [old, now]) => text.replaceAll(old, now),
    recipes[name].PKGBUILD as string,
  );
}

export const pkgbases: Readonly<Record<RecipeName, string>> = {
  binary: "glow-bin",
  cmake: "fooview",
  python: "python-my-tool",
  go: "lazy",
  rust: "riptool",
  vcs: "bar-git",
  split: "suite",
};

/** A recipe's files; an attacker, too, writes a .SRCINFO that fits. */
export function filesOf(
  name: RecipeName,
  pkgbuild: string = recipes[name].PKGBUILD,
  others: Readonly<Record<string, string | RecipeFile | undefined>> = {},
): RecipeFiles {
  const files = new Map<string, RecipeFile>();
  const srcinfo = srcinfoOf(pkgbuild) ?? srcinfoOf(recipes[name].PKGBUILD) ?? "";
  for (const [path, content] of Object.entries({
    ".SRCINFO": srcinfo,
    ...recipes[name],
    PKGBUILD: pkgbuild,
    ...others,
  })) {
    if (content !== undefined) files.set(path, typeof content === "string" ? file(content) : content);
  }
  return files;
}

export function file(text: string, mode: RecipeFile["mode"] = "100644"): RecipeFile {
  return { mode, bytes: new TextEncoder().encode(text) };
}

/** What makepkg would write, as far as the text tells. */
function srcinfoOf(pkgbuild: string): string | undefined {
  const reading = readPkgbuild(pkgbuild);
  if (!reading.ok) return undefined;
  const { pkgbase, base, packages } = expectedSrcinfo(evaluate(reading.recipe));
  const srcinfo: Srcinfo = {
    pkgbase: pkgbase?.known ? pkgbase.text : "unknown",
    base: fieldsOf(base),
    packages: [...(packages ?? [])].map(([pkgname, section]) => ({ pkgname, fields: fieldsOf(section) })),
  };
  return formatSrcinfo(srcinfo);
}

function fieldsOf(section: Section): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const [field, values] of section) {
    if ("known" in values) continue;
    fields.set(
      field,
      values.flatMap((value) => (value.known && value.text !== "" ? [value.text] : [])),
    );
  }
  return fields;
}

export const context: JudgeContext = {
  architectures: ["x86_64"],
  maintainersBefore: ["ann"],
  maintainersAfter: ["ann"],
  trustedMaintainers: new Set(),
  now: 0,
  cooldownHours: 0,
  allowedLines: [],
  readings: new ReadByBash(),
  tagAnswers: new Map(),
};
