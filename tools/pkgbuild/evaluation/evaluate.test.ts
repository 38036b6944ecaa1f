import { describe, expect, test } from "vitest";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { expectedSrcinfo } from "../srcinfo/expected-srcinfo.ts";
import { readPkgbuild, type Recipe } from "../recipe.ts";
import type { Unknown, Value } from "./values.ts";

function read(text: string): Recipe {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(`${reading.problem.line}: ${reading.problem.message}`);
  return reading.recipe;
}

function evaluated(text: string): Evaluation {
  return evaluate(read(text));
}

/** The texts, with a question mark for what isn't known. */
function shown(values: readonly Value[] | Unknown | undefined): readonly string[] | string | undefined {
  if (values === undefined) return undefined;
  return "known" in values ? "?" : values.map((value) => (value.known ? value.text : "?"));
}

describe("what a recipe's text says", () => {
  test.each([
    ["pkgver=1.2.3\nx=${pkgver%.*}", ["1.2"]],
    ["_n=a-b-c\nx=v${_n//-/_}", ["va_b_c"]],
    [
      'pkgver=1.2.3\n_m=${pkgver%%.*}\nx=("https://e.org/${_m}.x/$pkgver.tar.gz"{,.sig})',
      ["https://e.org/1.x/1.2.3.tar.gz", "https://e.org/1.x/1.2.3.tar.gz.sig"],
    ],
    ["x=(a)\nx+=(b 'c d')\nx[1]=B\nx[5]=f", ["a", "B", "c d", "f"]],
    ["x=a\nx+=b", ["ab"]],
    ["y=a/b//c\nx=${y///b/z}", ["az//c"]],
    ["y=a/b//c\nx=${y////z}", ["azbzzc"]],
    ["y=a/b//c\nx=${y///}", ["abc"]],
    ["y=a/b//c\nx=${y//b}", ["a///c"]],
    ["y=a/b//c\nx=${y/#//z}", ["/za/b//c"]],
    ['y=a/b//c\nx=${y/"#"/z}', ["a/b//c"]],
    ["x=([1]=a b [-1]=c)", ["a", "c"]],
    ["x=([0]='{a,b}' [1]={c})", ["{a,b}", "{c}"]],
    ["x=$'a\\x41\\n'", ["aA\n"]],
    ["declare -A m=([k]=v)\nx=${m[k]}", ["v"]],
    ["declare -A m=([k]=v)\ndeclare -A m\nx=${m[k]}", ["v"]],
    ["local y=1\nx=$y", ["1"]],
    ["declare -g x=1", ["1"]],
    ["readonly x=1", ["1"]],
    ["declare x=1", undefined],
    ["typeset x\nx=1", undefined],
    ["declare x=1\nunset x\nx=2", undefined],
    ["declare x=1\nexport x=2", undefined],
    ["if true; then local x=1; fi\nx=2", undefined],
    ['eval "declare x=1"\nx=2', undefined],
    ["x=1\ndeclare x=2", ["1"]],
    ["x=1\nlocal 'x=2'\nunset x\nx=3", ["1"]],
    ["x=(a)\ndeclare -A x\nx[b]=c", ["a"]],
    ["x=1\nlocal y=$x\nx=$y$y", ["11"]],
    ["export x=1", ["1"]],
    ["x=1\nunset x", undefined],
    ["x=(\n  a # first\n  # second: b\n  c\n)", ["a", "c"]],
    ["x=1\n[[ $x == 1 ]] && x=2", ["2"]],
    ['x=1\nif [ -z "$_unset" ]; then x=2; else x=3; fi', ["2"]],
    ["x=1\ncase $x in 2) x=a;; [0-9]) x=b;; esac", ["b"]],
    ["for l in de fr; do x+=(lang-$l); done", ["lang-de", "lang-fr"]],
    [": ${_y:=z}\nx=$_y", ["z"]],
    ["_a=46.3\nx=${_a/[a-z]/.&}", ["46.3"]],
    ["x=(git+https://e.org/a.git#tag=v1?signed)", ["git+https://e.org/a.git#tag=v1?signed"]],
    ["_u=https://e.org\nx=(a::$_u/[b].zip)", ["a::https://e.org/[b].zip"]],
    ["pkgname=(a b)\nx=$pkgname", ["a"]],
    ["x=1\nfunction f() { x=2; }", ["1"]],
    ["x=1\n(x=2)\nx=3 true\ntrue | x=4", ["1"]],
  ])("%j", (text, expected) => {
    expect(shown(evaluate(read(text)).list("x"))).toEqual(expected);
  });
});

describe("what only running it would tell is unknown, and so is what depends on it", () => {
  test.each([
    ["x=$(date)", ["?"]],
    ["y=$(date)\nx=a$y", ["?"]],
    ['y=$(date)\nx=(a "$y" b)', ["a", "?", "b"]],
    ["y=$(date)\nx=(a $y b)", "?"],
    ["x=$CARCH", ["?"]],
    ["x=([-1]=a)", "?"],
    ["x=0\nx=1 unset x", "?"],
    ["y=0\ny=1 eval 'x=$y'", "?"],
    ['a=(1)\ny=\nx=("${a[@]:1}$y")', "?"],
    ["x=${y:-<(a)}", ["?"]],
    ["y=b\nx=${y/b/<(a)}", ["?"]],
    ["y=b\nx=${y:+~}", ["?"]],
    ['y=b\na=(1 2)\nx="${y/b/${a[@]}}"', ["?"]],
    ['y=b\na=(1 2)\nx="${y#${a[@]}}"', ["?"]],
    ["y=1\ndeclare y=2$y\nx=$y", ["?"]],
    ["[[ -f y ]] && declare x\nx=2", "?"],
    ["declare x=1\ndeclare -g x=2", "?"],
    ["declare -r x=1\nx=2", "?"],
    ["x=(a)\ndeclare -gA x", "?"],
    ['declare -lA y=([c]=d)\ny=([c]=e)\nx=("${y[@]}")', "?"],
    ["x=(a [-2]=b)", "?"],
    ["x=([99999999999999999999]=a)", "?"],
    ["x=([0]={a,b})", "?"],
    ["x=([{0,1}]=a)", "?"],
    ["x=([{0]=a,b})", "?"],
    ["y='#a'\nz=ab\nx=${z/$y/c}", ["?"]],
    ['a=(1 2)\nb=(3 4)\nx=("${a[*]}${!b[@]}")', "?"],
    ["x=$pkgdir/a", ["?"]],
    ["x=$HOME", ["?"]],
    ["x=(*.patch)", "?"],
    ["x=~", ["?"]],
    ["x=1\n[[ -f y ]] && x=2", "?"],
    ["x=1\nif curl y; then x=2; fi", "?"],
    ["x=1\nwhile read x; do :; done", "?"],
    ['x=1\neval "$(y)"', "?"],
    ["x=1\n. ./other", "?"],
    ['x=1\n"$y" z', "?"],
    ["x=1\nf() { x=2; }\nf", "?"],
    ["x=1\nread x", "?"],
    ["x=1\nprintf -v x 2", "?"],
    ["x=1\ndeclare -n y=x\ny=2", "?"],
    ["x=1\ny='x=2'\n: $((y))", "?"],
    ["x=1\n[[ -f y || $((x=2)) ]]", "?"],
    ["x=1\n[ -v 'a[x=2]' ]", "?"],
    ["x=1\nif a; then return; fi\nx=2", "?"],
    ["x=1\nalias y='x=2'", "?"],
    ["readonly x=1\nx=2", "?"],
    ["RANDOM=4\nx=$RANDOM", ["?"]],
    ["x=($(a))\nx=b", "?"],
    ["IFS=-\ny=a-b\nx=($y)", "?"],
    ["x=${_a//b/&}", [""]],
    ["_a=abc\nx=${_a//b/&}", ["?"]],
    ["x=(https:/*/a)\nshopt -s nullglob", "?"],
    ["x=(https*:/a)", "?"],
    ["x=(*/https:/a)", "?"],
  ])("%j", (text, expected) => {
    expect(shown(evaluate(read(text)).list("x"))).toEqual(expected);
  });

  test("with the line and the reason", () => {
    expect(evaluate(read("a=1\nx=$(date)")).scalar("x")).toEqual({
      known: false,
      reason: "a command would have to be run",
      line: 2,
    });
  });
});

describe("as makepkg reads it on a build machine", () => {
  test.each([
    ["x=a$SOME_OPTION", ["a"]],
    ["x=$HOME", ["?"]],
    ["x=$CFLAGS", ["?"]],
    ["x=$attr", ["?"]],
    ["_a=abc\nx=${_a//b/<&>}", ["a<b>c"]],
    ["_f() { x+=($1); }\n_f a\n_f b", ["a", "b"]],
    ["_f() { local x=2; }\nx=1\n_f", ["1"]],
    ["_f() { local x; x=2; _g; }\n_g() { y=$x; }\n_f\nx=$y", ["2"]],
    ["x=1\n_f\n_f() { x=2; }", "?"],
    ["_f() { x=1; }\n_f() { x=2; }\n_f", "?"],
    ["if curl y; then _f() { x=1; }; fi\nx=2\n_f", "?"],
    ["_f() { x=1; if curl y; then return; fi; x=2; }\n_f", "?"],
    ["_f() { x=1; curl y || return 1; x=2; }\n_f", "?"],
    ["_f() { [[ $1 == a ]] && return 0; x=2; }\nx=1\n_f a", ["1"]],
    ["_f() { x=1; if curl y; then shift; fi; x=$1; }\n_f a b", "?"],
    ["_f() { _f; }\nx=1\n_f", ["1"]],
    ["_f() { x=2; _f; }\nx=1\n_f", "?"],
    ["x=1\n_f() { x=2; }\n(_f)\n_f | cat", ["1"]],
    ["_f() { local y=1; unset y; }\nx=1\n_f", ["1"]],
    ["_g() { unset y; }\n_f() { local y=1; _g; x=$y; }\ny=0\n_f", "?"],
    ["((x = 3 * 2))", ["6"]],
    ["x=(1)\n((x = 2))", "?"],
    ["y='x=2'\nx=1\n((y))", "?"],
    ["x=$(sed 's/a/b/' <<< aaa)", ["baa"]],
    ["x=$(sed 's/a*\\(b\\)/<\\1&>/g' <<< aabcb)", ["<baab>c<bb>"]],
    ["x=$(sed -E 's/(a|ab)(c|bcd)/\\2/' <<< abcd)", ["?"]],
    ["x=$(sed 's/a*/b/g' <<< aaa)", ["?"]],
    ["x=$(sed 's/a/b/;e date' <<< aaa)", ["?"]],
    ["x=$(sed 's/a/date/e' <<< aaa)", ["?"]],
    ["x=$(sed -n 's/a/b/p;w /tmp/x' <<< aaa)", ["?"]],
    ["x=$(sed 's/a/b/' PKGBUILD)", ["?"]],
    ["x=$(echo -e 'a\\nb')", ["?"]],
    ["x=$(printf '%d' 010)", ["?"]],
    ["x=$(echo a > /tmp/x)", ["?"]],
    ["PATH=/evil\nx=$(echo a | sed s/a/b/)", ["?"]],
    ["sed() { x=2; }\nx=$(echo a | sed s/a/b/)", ["?"]],
    ["[[ abc =~ b(.) ]] && x=${BASH_REMATCH[1]}", ["c"]],
    ["BASH_REMATCH=(a)\nx=$BASH_REMATCH", ["?"]],
    ["[[ abc =~ b ]]\ncurl && [[ x =~ y ]]\nx=${BASH_REMATCH[0]}", ["?"]],
    ["[[ -v _y ]] || x=1\n_y=()\n[[ -v _y ]] || x+=2", ["12"]],
    ["y=1\ndeclare y=2 z=$y\nexport w=$z\nx=$w", ["1"]],
    ["y=1\nexport y=2 z=$y\nx=$z", ["1"]],
    ["declare -A y=([kilo]=1 [lima]=2 [mike]=3)\nx=(${!y[@]})", ["lima", "kilo", "mike"]],
  ])("%j", (text, expected) => {
    expect(shown(evaluate(read(text), { clean: true }).list("x"))).toEqual(expected);
  });
});

test("an architecture can be asked for", () => {
  const recipe = read("case $CARCH in x86_64) _a=amd64;; aarch64) _a=arm64;; esac\nx=$_a");
  expect(shown(evaluate(recipe).list("x"))).toEqual(["?"]);
  expect(shown(evaluate(recipe, { carch: "aarch64" }).list("x"))).toEqual(["arm64"]);
});

test(".SRCINFO of a split package follows makepkg, section by section", () => {
  const { pkgbase, base, packages } = expectedSrcinfo(
    evaluated(`pkgbase=foo
pkgname=(foo foo-docs)
pkgver=1.0
pkgrel=1
epoch=
pkgdesc='A  thing'
arch=(x86_64 aarch64)
depends=(glibc)
makedepends=()
source=("https://e.org/foo-$pkgver.tar.gz")
source_aarch64=(extra.patch)
sha256sums=($(cat sums))
package_foo() {
  depends+=(zlib)
  if true; then
    provides=("lib$pkgname=$pkgver")
  fi
  make install
}
package_foo-docs() {
  pkgdesc+=' (docs)'
  depends=()
  local _x=1
}
`),
  );
  expect(pkgbase).toMatchObject({ text: "foo" });
  expect([...base].map(([field, values]) => [field, shown(values)])).toEqual([
    ["pkgdesc", ["A thing"]],
    ["pkgver", ["1.0"]],
    ["pkgrel", ["1"]],
    ["arch", ["x86_64", "aarch64"]],
    ["depends", ["glibc"]],
    ["source", ["https://e.org/foo-1.0.tar.gz"]],
    ["sha256sums", "?"],
    ["source_aarch64", ["extra.patch"]],
  ]);
  const sections = [...(packages ?? [])].map(([name, section]) => [
    name,
    [...section].map(([field, values]) => [field, shown(values)]),
  ]);
  expect(sections).toEqual([
    [
      "foo",
      [
        ["depends", ["glibc", "zlib"]],
        ["provides", ["libfoo=1.0"]],
      ],
    ],
    [
      "foo-docs",
      [
        ["pkgdesc", ["A  thing (docs)".replace("  ", " ")]],
        ["depends", [""]],
      ],
    ],
  ]);
});

test("package functions that a recipe makes of its own text are known", () => {
  const { packages } = expectedSrcinfo(
    evaluated(`pkgbase=linux-x
pkgname=("$pkgbase" "$pkgbase-headers")
_package() { pkgdesc=kernel; }
_package-headers() { pkgdesc=headers; }
for _p in "\${pkgname[@]}"; do
  eval "package_$_p() {
    $(declare -f "_package\${_p#$pkgbase}")
    _package\${_p#$pkgbase}
  }"
done
`),
  );
  expect([...(packages ?? [])].map(([name, section]) => [name, shown(section.get("pkgdesc"))])).toEqual([
    ["linux-x", ["kernel"]],
    ["linux-x-headers", ["headers"]],
  ]);
});
