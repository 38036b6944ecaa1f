import { describe, expect, test } from "vitest";
import { formatSrcinfo } from "../../tools/alpm/srcinfo.ts";
import { probeBubblewrap } from "../../tools/sandbox/bubblewrap/probe.ts";
import { derive } from "../../tools/workspace/metadata/derived.ts";
import { asSrcinfo } from "../../tools/workspace/metadata/metadata.ts";
import { makepkgSandbox, printSrcinfo } from "../../tools/workspace/metadata/print-srcinfo.ts";
import { file } from "../gate/recipes.ts";
import { missingPrograms } from "../world/programs.ts";

// Recipes of our own, each with many of the ways in which real ones make up their values.

const head = "pkgver=1.2.3_rc4\npkgrel=1\narch=(x86_64)\nlicense=(MIT)\n";

const functions = `pkgname=one
${head}
: \${_flavour:=plain}
_add() {
  local dir=\${2:-none} pkgver=9
  shift
  source+=("$pkgname-$dir-$#::https://e.org/$1.tar.gz")
  sha256sums+=("\${_sum:-SKIP}")
}
_pick() {
  if [[ $1 == a* ]]; then
    _picked=$1
    return 0
  fi
  return 1
}
_none() { return 1; }
_add first sub
_add second other third
_pick abc && depends+=("$_picked")
_pick xyz || depends+=(not-xyz)
_none || depends+=("$_picked-again")
_all() { groups=("$@" "$*" "\${#}"); for _one in "$@"; do [[ $_one = stop* ]] && return; groups+=("$_one"); done; }
_all 'a b' c 'stop here' d
_outer() { local _x=outer; _inner; optdepends+=("$_x: \${_y:-unset}"); }
_inner() { local _y=inner; _x=changed; }
_outer
((_count = 2 + 3)); ((_count++)); ((_count += 10))
provides=("count=$_count")
((_count == 16)) && provides+=(sixteen)
((_unset)) || provides+=(no-unset)
package() { :; }
`;

const texts = `pkgname=two
${head}
url=https://git.e.org/x.y
_commit=v0.0-4148-g1ea007ec
source=(
  "git+$(sed 's&//git\\.&//repo.&' <<< "$url")"
  "a-$(echo $pkgver | sed 's|_|-|g').tgz"
  "b-$(echo \${_commit} | sed 's/\\([^-]*-g\\)/r\\1/;s/-/./g;s/v//g')"
  "c-$(printf '%s' "$pkgver" | tr '_' '.')"
  "d-$(cut -d'-' -f3 <<< "$_commit")-$(cut -d. -f1,2 <<< $pkgver)-$(cut -d - -f 2- <<< "$_commit")"
  "e-$(tr -d 0-9 <<< $pkgver)-$(tr a-z A-Z <<< "$pkgname")-$(tr '[:lower:]' '[:upper:]' <<< ab)"
  "f-$(sed -E 's/^([0-9]+)\\.([0-9]{1,2})\\..*$/\\2.\\1/' <<< $pkgver)"
  "g-\${pkgver/[a-z]/.&}-\${pkgver//[0-9]/<&>}-\${pkgver/rc/"&"}-\${pkgver/%4/&&}-\${pkgver/#1/\\&}"
)
if [[ $pkgver =~ ^([0-9]+)\\.([0-9.]+)_(rc[0-9]*)$ ]]; then
  depends=("major=\${BASH_REMATCH[1]}" "minor=\${BASH_REMATCH[2]}" "\${BASH_REMATCH[3]}")
fi
[[ $pkgver =~ "1.2" ]] && depends+=(quoted)
[[ 1x2 =~ 1.2 ]] && depends+=("\${#BASH_REMATCH[@]}")
[[ $pkgver =~ ^9 ]] || depends+=(no-nine)
[[ -v SOME_OPTION ]] || depends+=("option\${SOME_OPTION:-none}")
[ "$CARCH" = i686 -o "$CARCH" = x86_64 ] && depends+=(either)
test "$CARCH" == x86_64 && depends+=(tested)
declare -A _m=([kilo]=1 [lima]=2 [mike]=3 [november]=4 [oscar]=5)
for _k in "\${!_m[@]}"; do optdepends+=("$_k: \${_m[$_k]}"); done
_v=outer
declare _v=inner _w=$_v
provides=("$_w")
package() { :; }
`;

const split = `pkgbase=three
pkgname=(three three-docs three-libs)
${head}
pkgdesc='A  thing '
depends=(glibc zlib)
_deps=(top)
package_three() {
  _deps=(lost)
  local depends_more=(no)
  depends+=("\${_deps[@]}" "\${depends[@]}" "ver=$laterVer")
  later_ver=$(pacman -Q x)
  depends+=("later=$later_ver")
  [[ $pkgver =~ (.*) ]]
  optdepends=(
    'a: one' # a comment
    "b:   two"
  )
  if [ -e /x ]; then
    provides=(in-if)
  elif true; then provides+=(in-elif); fi
  case x in x) conflicts=(in-case) ;; esac
  for i in 1 2; do replaces=(in-loop); done
  true && { groups=(in-group); }
  false && backup=(not-alone)
  install=three.install
  url+=/more
}
package_three-docs() {
  arch=(any)
  pkgdesc+=\\ docs
  depends=()
  license[0]=index
  cat > x <<END
  groups[0]
END
}
package_three-libs() { pkgdesc="$pkgname of \${pkgname[0]}"; conflicts=("$_deps"); }
`;

const made = `pkgbase=four
${head}
_voices=one:two
_package() { cd "$1"; install -D x; }
for _voice in \${_voices//:/ }; do
  pkgname+=("$pkgbase-$_voice")
  eval "package_$pkgbase-$_voice() {
    pkgdesc+=\\" of $_voice\\"
    depends+=(\\"$pkgbase-common\\")
    _package $_voice
  }"
done
pkgname+=(four-other)
_other() { provides=(other); }
eval "package_four-other() { $(declare -f _other | tail -n +2); }"
_source_arch() { case $CARCH in x86_64) source+=(amd64.tar);; *) source+=(other.tar);; esac; sha256sums+=(SKIP); }
_source_arch
`;

const recipes = { functions, texts, split, made };

describe.skipIf(probeBubblewrap() !== undefined || missingPrograms("makepkg").length > 0)(
  "what is derived is what makepkg --printsrcinfo says in the sandbox",
  () => {
    test.each(Object.entries(recipes))("%s", async (_, pkgbuild) => {
      const files = new Map([
        ["PKGBUILD", file(pkgbuild)],
        ["three.install", file("post_install() { :; }\n")],
      ]);
      const printed = await printSrcinfo(files, (await makepkgSandbox())!);
      expect(printed?.unknown).toEqual([]);
      const derived = derive(pkgbuild);
      expect(derived.unknown).toEqual([]);
      expect(formatSrcinfo(asSrcinfo(derived))).toBe(formatSrcinfo(asSrcinfo(printed!)));
    });
  },
);
