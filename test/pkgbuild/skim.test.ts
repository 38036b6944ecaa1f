import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPkgbuild, skimPkgbuild, type Recipe } from "../../tools/pkgbuild/recipe.ts";
import { normaliseScript } from "../../tools/pkgbuild/normal-form/normalise.ts";

// Where a function ends is found without reading its body: the same place as by reading it, whatever is in there.

const own = [
  "package() { echo '}' \"}\" \\} # }\n}\nx=1",
  'build() { : "${a:-"}"}" "$(echo "}")" `echo }`; }\nx=2',
  "build() {\n  cat <<E\n}\nE\n}\nx=3",
  "build() {\n  case $x in a) echo };; (b) ;; esac\n}\nx=4",
  "build() {\n  f() { :; }\n  { :; }\n}\nx=5",
  "build() { a=${b#\\}} c=${d%'}'} e=$'\\'}'; }\nx=6",
  "build() (\n  echo ')' # )\n)\nx=7",
  "build() { a=(} '}' $((1+(2))) ); [[ $a == *} ]]; }\nx=8",
  "build() { echo }; echo a} {b; }\nx=9",
  'build() { x=# ; y=a#b; echo "#" # \'\n}\nx=10',
  "build() (\n  a=(1 2); echo $(echo ')') \")\" \\)\n)\nx=11",
  "build() ((1)\n)\nx=12",
  "build() (\n  f() { :; }\n)\nx=13",
  "build() (\n  case a in a) : ;; esac\n  cat <<E\n)\nE\n)\nx=14",
  "build() (\n  { :; }\n) >a\nx=15",
  "build() {\n  sed 's/foo()/case/'; local x=() # function f() {\n}\nx=17",
  "build() {\n  f () { :; }\n  echo 'case'\n}\nx=18",
  'build() {\n  echo "$(f() { :; }; f) case"\n}\nx=19',
  "build() {\n  echo 'f()'\n  case $x in a) ;; esac\n}\nx=20",
  "build() {\n  cat <<E\n$(f() { :; })\nE\n}\nx=21",
  "build() {\n  cat <<'E'\nf() { case }\nE\n}\nx=22",
  "build() {\n  echo 'case'; function g { :; }\n}\nx=23",
  'build() {\n  [[ x =~ () ]]; echo "function"; h=( )\n}\nx=24',
  "a=b\nc=(d 'e\nf' \"g\"\n  h) # i\nj=(k\n  l\n)\nm+=(n)\no='p'\nq=\"\"\nr=\ns=( )\nt=u v\nw=x; y=z\n",
];

const attempts = JSON.parse(
  readFileSync(join(import.meta.dirname, "../gate/attempts.json"), "utf8"),
) as Readonly<Record<string, Readonly<Record<"old" | "new", Readonly<Record<string, string>>>>>>;
const cases = join(import.meta.dirname, "../../../shared/gate-cases");
const others = (existsSync(cases) ? readdirSync(cases) : [])
  .flatMap((name) => ["old", "new"].map((side) => join(cases, name, side, "PKGBUILD")))
  .filter((path) => existsSync(path))
  .map((path) => readFileSync(path, "utf8"));
const hostile = Object.values(attempts).flatMap((one) => [
  one.old["PKGBUILD"] ?? "",
  one.new["PKGBUILD"] ?? "",
]);

function shape(recipe: Recipe): unknown {
  return {
    form: normaliseScript(recipe.script),
    functions: [...recipe.functions].map(([name, all]) => [
      name,
      all.map(({ line, endLine, bodyText }) => [line, endLine, bodyText]),
    ]),
    assignments: recipe.assignments.map(({ name, line, function: inside }) => [name, line, inside]),
  };
}

test.each([
  ["of our own", own],
  ["that attacked the gate", hostile],
  ["beside this repository", others],
])("bodies of functions are skimmed as they are read: texts %s", (_, texts) => {
  for (const text of texts) {
    const read = readPkgbuild(text);
    if (!read.ok) continue;
    const skimmed = skimPkgbuild(text, shape);
    expect({ text, skimmed }).toEqual({ text, skimmed: { ok: true, value: shape(read.recipe) } });
  }
});
