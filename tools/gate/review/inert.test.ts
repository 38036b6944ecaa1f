import { describe, expect, test } from "vitest";
import { clipped, inertBlock, inertInline, inertMessage } from "./inert.ts";

describe("a reviewer sees upstream's text as code, and nobody is called or linked by it", () => {
  test.each([
    ["plain words", "`plain words`"],
    ["1.2.3-1", "`1.2.3-1`"],
    ["", ""],
    [" \n\t ", ""],
    ["@octocat look", "`@ octocat look`"],
    ["ping @org/team", "`ping @ org/team`"],
    ["pkg@1.2 me@example.org", "`pkg@1.2 me@example.org`"],
    ['"$@" "${a[@]}"', '`"$@" "${a[@]}"`'],
    ["fixes #12", "`fixes # 12`"],
    ["Closes owner/repo#12", "`Closes owner/repo# 12`"],
    ["resolves GH-7", "`resolves GH- 7`"],
    ["see !42 and &3", "`see ! 42 and & 3`"],
    ["fixes https://github.com/o/r/issues/1", "`fixes https: //github.com/o/r/issues/1`"],
    ["https://example.org/x#branch=y", "`https://example.org/x#branch=y`"],
    ["[a](https://evil.example)", "`[a](https://evil.example)`"],
    ["![x](https://evil.example/t.png)", "`![x](https://evil.example/t.png)`"],
    ["<img src=x onerror=y><!-- sluice:closed -->", "`<img src=x onerror=y><!-- sluice:closed -->`"],
    ["/merge", "`/merge`"],
    ["a\n/merge\n/label ~x", "`a /merge /label ~x`"],
    ["a`b", "`` a`b ``"],
    ["``` /merge ```", "```` ``` /merge ``` ````"],
    ["`", "`` ` ``"],
    ["a | b", "`a ¦ b`"],
    ["[skip ci]", "`(skip ci]`"],
    ["[CI SKIP] [skip-ci] [no ci] [skip actions]", "`(CI SKIP] (skip-ci] (no ci] (skip actions]`"],
    ["[deploy all] [undeploy x]", "`(deploy all] (undeploy x]`"],
    ["[ deploy firefox]", "`( deploy firefox]`"],
    ["[cite]", "`[cite]`"],
    ["***NO_CI***", "`* * *NO_CI***`"],
    ["user\u202egnp.exe", "`user<U+202E>gnp.exe`"],
    ["a\u200bb\u200dc\u2060d\ufeffe", "`a<U+200B>b<U+200D>c<U+2060>d<U+FEFF>e`"],
    ["a\u0000b\u001b[31mc", "`a<U+0000>b<U+001B>[31mc`"],
    ["a\u2028b", "`a<U+2028>b`"],
    ["x\u{e0041}y\ud800z", "`x<U+E0041>y<U+D800>z`"],
    ["a\u00a0b\u2800c\u3164d", "`a<U+00A0>b<U+2800>c<U+3164>d`"],
    ["fixes ABC-12, resolved: abc_d-3", "`fixes ABC- 12, resolved: abc_d- 3`"],
    ["see CVE-2026-1", "`see CVE-2026-1`"],
    ["@.dotted", "`@ .dotted`"],
  ])("%j", (text, expected) => {
    expect(inertInline(text)).toBe(expected);
  });
});

describe("a block stays a block, whatever upstream wrote into it", () => {
  test.each([
    ["pkgver=1\npkgrel=2\n", "```\npkgver=1\npkgrel=2\n```"],
    ["+pkgver=2\n-pkgver=1", "```\n+pkgver=2\n-pkgver=1\n```"],
    ["a\r\nb\rc", "```\na\nb\nc\n```"],
    ["```\n/merge", "````\n ```\n /merge\n````"],
    ["x\n~~~~~\ny", "```\n x\n ~~~~~\n y\n```"],
    ["/approve", "```\n /approve\n```"],
    ["Co-authored-by: Eve <e@evil.example>", "```\n Co-authored-by: Eve <e@evil.example>\n```"],
    ["a  \n\n\n", "```\na\n```"],
    ["echo [skip ci] # fixes #1", "```\necho (skip ci] # fixes # 1\n```"],
    [">>>\nquote", "```\n >>>\n quote\n```"],
    ["a\u202eb\tc", "```\na<U+202E>b\tc\n```"],
    ["", "```\n\n```"],
  ])("%j", (text, expected) => {
    expect(inertBlock(text)).toBe(expected);
  });

  test("a difference keeps its first column, so that forges colour it", () => {
    expect(inertBlock("@@ -1 +1 @@\n-a\n+b", "diff")).toBe("```diff\n@@ -1 +1 @@\n-a\n+b\n```");
  });
});

describe("a commit message gets one line that nothing acts on", () => {
  test.each([
    ["an ordinary description", "an ordinary description"],
    ["fixes #1 and closes !2", "fixes # 1 and closes ! 2"],
    ["[skip ci] [deploy all]", "(skip ci] (deploy all]"],
    ["x\n\nCo-authored-by: Eve <e@evil.example>", "x Co-authored-by: Eve <e@evil.example>"],
    ["Co-authored-by: Eve <e@evil.example>", "> Co-authored-by: Eve <e@evil.example>"],
    ["Signed-off-by : Eve", "> Signed-off-by : Eve"],
    ["Fixes=#1", "Fixes=# 1"],
    ["skip-checks: true", "skip checks: true"],
    ["/merge", "> /merge"],
    ["# comment", "> # comment"],
    ["see https://evil.example/x", "see https: //evil.example/x"],
    ["@all wake up", "@ all wake up"],
    ["a\u200b\u202eb", "a<U+200B><U+202E>b"],
    ["\n", ""],
  ])("%j", (text, expected) => {
    expect(inertMessage(text)).toBe(expected);
  });
});

const hostile = [
  "@",
  "#1",
  "!1",
  "/merge",
  "`",
  "```",
  "~~~",
  "\n",
  "\r",
  "[skip ci]",
  "[ci skip]",
  "[deploy all]",
  "fixes ",
  "Co-authored-by: a",
  "<!-- ",
  "|",
  "\u202e",
  "\u200d",
  "octocat",
  " ",
];

test("no mixture of hostile pieces comes through", () => {
  let seed = 7;
  const next = (): string => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return hostile[seed % hostile.length]!;
  };
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: 12 }, next).join("");
    const inline = inertInline(text);
    const block = inertBlock(text);
    const message = inertMessage(text);
    for (const made of [inline, block, message]) {
      expect(made).not.toMatch(/\[(?:skip|ci|deploy)/i);
      expect(made).not.toMatch(/#\d|!\d/);
      expect(made).not.toMatch(/(?<!\w)@\w/);
      expect(made).not.toMatch(/\u202e|\u200d|\r/);
      expect(made).not.toMatch(/^\//m);
    }
    expect(inline).not.toContain("\n");
    expect(message).not.toContain("\n");
    expect(message).not.toMatch(/^Co-authored-by/);
    const [open] = /^`*/.exec(inline)!;
    expect(inline === "" || !inline.slice(open.length, -open.length).includes(open)).toBe(true);
    const [fence] = /^`+/.exec(block)!;
    expect(block.split("\n").filter((line) => line.trim().startsWith(fence))).toHaveLength(2);
  }
});

test("a long text is cut between two characters, and the reader is told how much is missing", () => {
  expect(clipped("abcdef", 6)).toBe("abcdef");
  expect(clipped("abcdef", 4)).toBe("abcd… (2 more characters)");
  expect(clipped("abc😀", 4)).toBe("abc… (2 more characters)");
  expect(inertInline("x".repeat(1000)).length).toBeLessThan(340);
});
