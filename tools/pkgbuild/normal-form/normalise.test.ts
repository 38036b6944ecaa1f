import { expect, test } from "vitest";
import { normaliseScript } from "./normalise.ts";
import { readPkgbuild } from "../recipe.ts";

function normal(text: string): string {
  const reading = readPkgbuild(text);
  if (!reading.ok) throw new Error(`${reading.problem.line}: ${reading.problem.message}`);
  return normaliseScript(reading.recipe.script);
}

test.each([
  ["function f {\n  a\n}", "f() { a; }"],
  ["f ()\n{\n\ta # why\n}", "f() { a; }"],
  ["a=(x 'y'\n  # note\n  \"z\")", "a=(x y z)"],
  ["a -x \\\n  b", "a -x b"],
  ["x=`a b`", "x=$(a b)"],
  ["echo $x", "echo ${x}"],
  ['echo "$x/usr"', 'echo "${x}"/usr'],
  ["x=$y", 'x="$y"'],
  ["b'u'n", "bun"],
  ["if a\nthen b\nfi", "if a; then b; fi"],
  ["if a; then b; else if c; then d; fi; fi", "if a; then b; elif c; then d; fi"],
  ["a>b 2>&1", "a > b 2>&1"],
  ["case $x in (a) b;; esac", "case $x in\na)\n  b\n  ;;\nesac"],
  ["x=$((a+1))", "x=$(( a + 1 ))"],
  ["cat <<EOF\na\nEOF", "cat <<-'EOF'\n\ta\n\tEOF"],
  ["a |& b", "a 2>&1 | b"],
  ["x=${y//-/}", "x=${y//-}"],
])("%j and %j are equal", (before, after) => {
  expect(normal(before)).toBe(normal(after));
});

test.each([
  ["a; b", "a & b"],
  ["a && b", "a || b"],
  ["a; b", "b; a"],
  ["(a)", "{ a; }"],
  ["echo $x", 'echo "$x"'],
  ["echo *", "echo '*'"],
  ["echo ~", "echo '~'"],
  ["echo {a,b}", "echo '{a,b}'"],
  ["echo {1..3}", "echo {'1'..3}"],
  ["echo [a-z]", "echo [a'-'z]"],
  ["A=1 b", "A=1; b"],
  ["'A=1' b", "A=1 b"],
  ["x=(a b)", "x='a b'"],
  ["x=a", "x+=a"],
  ["x=${y%.*}", "x=${y%%.*}"],
  ["x=${y//}", "x=${y///}"],
  ["x=${y//a/b}", "x=${y///a/b}"],
  ["f() { cat <<E ;}\na\nE", "f() { cat <<E ;}\nb\nE"],
  ["x=${y%'*'}", "x=${y%*}"],
  ["x=${y:-a b}", "x=${y-a b}"],
  ["[[ $x == a* ]]", "[[ $x == 'a*' ]]"],
  ["[[ $x =~ a.c ]]", "[[ $x =~ 'a.c' ]]"],
  ["cat <<EOF\n$x\nEOF", "cat <<'EOF'\n$x\nEOF"],
  ["cat <<EOF\na\nEOF", "cat <<EOF\n a\nEOF"],
  ["case x in a) b;; esac", "case x in a) b;& c) ;; esac"],
  ["case x in a) b;; esac", "case x in 'a'|c) b;; esac"],
  ["a ''", "a"],
  ["a $x''", "a $x"],
  ["a 'b c'", "a b c"],
  ["! a", "a"],
  ["a >b", "a >>b"],
  ["a >b", "a 2>b"],
  ["f() { a; } >b", "f() { a; }"],
  ["x=$((a - -b))", "x=$((a -b))"],
  ['echo "$(a)"', "echo '$(a)'"],
  ['echo "${x[@]}"', 'echo "${x[*]}"'],
  ["x=$@", "x=$*"],
  ["echo +(a|b)", "echo @(a|b)"],
])("%j and %j differ", (before, after) => {
  expect(normal(before)).not.toBe(normal(after));
});
