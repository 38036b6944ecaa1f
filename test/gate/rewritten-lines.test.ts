import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeRewrittenLines } from "../../tools/gate/code/rewritten-lines.ts";
import { hasBash, quoted } from "../pkgbuild/real-bash.ts";

const pieces = ["a", " ", "\t", "#", '"', "'", ";", "$(", "$b", "&", "(", ")", "|", "<", "\\", "`", "{", "}"];

function* texts(length: number): Generator<string> {
  if (length === 0) return void (yield "");
  for (const rest of texts(length - 1)) for (const piece of pieces) yield rest + piece;
}

const lines = [1, 2, 3, 4].flatMap((length) => [...texts(length)].map((text) => `pkgver=${text}`));

test.skipIf(!hasBash)("a line that passes is an assignment still when makepkg has rewritten it", () => {
  const passing = lines.filter((line) => judgeRewrittenLines("", line).length === 0);
  expect(passing.length).toBeGreaterThan(1000);
  expect(afterRewriting(passing)).toEqual(passing.map(() => "NEW"));
});

function found(text: string): number {
  return judgeRewrittenLines("pkgver=1\t# as it was\n", text).length;
}

test("what attackers write behind a version doesn't pass, what people write does", () => {
  const bad = [
    "pkgver=1\t# touch x",
    'pkgrel="1"\t#x',
    "pkgver=1;x=2",
    'pkgver="1 "',
    "  pkgver=2",
    "pkgver=2\npkgrel=3",
  ];
  expect(bad.map((text) => found(text))).toEqual(bad.map(() => 1));
  const fine = [
    "pkgver=1\t# as it was",
    "pkgver=1 # of May",
    "pkgrel='1'  ",
    "pkgver=${_v//-/_}",
    "pkgrel=${_r#*-}",
  ];
  expect(fine.map((text) => found(text))).toEqual(fine.map(() => 0));
});

/** What `pkgver` is after makepkg's replacement (update_pkgver), with a mark where a command would be run. */
function afterRewriting(all: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "rewritten-lines-"));
  try {
    const script = [
      "shopt -s extglob; PATH=/nowhere",
      "command_not_found_handle() { printf RAN; }",
      'rewrite() { local line=$1; line=${line/#pkgver=*([^ ])/pkgver=NEW}; unset pkgver; eval "$line"; printf \'%s\\1\' "$pkgver"; }',
      ...all.map((line) => `rewrite ${quoted(line)}`),
    ];
    writeFileSync(join(folder, "script"), script.join("\n"));
    const printed = execFileSync("bash", [join(folder, "script")], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
      stdio: ["ignore", "pipe", "ignore"],
      env: {},
    });
    return printed.split("\u0001").slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
