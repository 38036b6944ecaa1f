import { describe, expect, test } from "vitest";
import { codeSpans } from "./code-spans.ts";
import { dependencyDrawing } from "./dependency-drawing.ts";
import { difference, visible } from "./difference.ts";
import { plot } from "./plot.ts";
import { html } from "./html.ts";

const textOf = (html: { readonly text: string } | undefined): string =>
  (html?.text ?? "").replace(/\s+/g, " ").replace(/> </g, "><");

function linesOf(name: string): string {
  return Array.from({ length: 5000 }, (_, n) => `${name} ${n}`).join("\n");
}

describe("old and new beside each other", () => {
  test("shows what changed with lines around it, and leaves the rest out", () => {
    const before = Array.from({ length: 30 }, (_, n) => `line ${n + 1}`).join("\n");
    const after = before.replace("line 15", "line <b>15</b>").replace("line 30", "line 30\nline 31");
    const shown = textOf(difference({ path: "PKGBUILD", before, after }));
    expect(shown).toContain(
      '<td class="old">line 15</td><td class="number">15</td><td class="new">line &lt;b&gt;15',
    );
    expect(shown).toContain('<td class="empty"></td><td class="number">31</td><td class="new">line 31</td>');
    expect(shown).not.toContain("line 5<");
    expect(shown.match(/⋯/g)).toHaveLength(2);
  });

  test.each([
    ["a new file", { path: "a", before: null, after: "x\n" }, "a (new)"],
    ["one that is gone", { path: "a", before: "x\n", after: null }, "a (gone, or no text)"],
    ["a name that hides something", { path: "a\u202e\n", before: "x", after: "y" }, "a⟨U+202E⟩⟨U+000A⟩"],
  ])("says that it is %s", (_what, file, said) => expect(textOf(difference(file))).toContain(said));

  test("what didn't change isn't shown", () => {
    expect(difference({ path: "a", before: "x", after: "x" })).toBeUndefined();
  });

  test("two long files that have nothing in common don't take long", () => {
    expect(textOf(difference({ path: "a", before: linesOf("old"), after: linesOf("new") }))).toContain(
      "more lines aren't shown",
    );
  });

  test.each(["\u001b[2J", "a\u200bb", "\u2066x", "\u3164", "\ufeff"])("%j can be seen", (text) => {
    expect(visible(text)).toMatch(/⟨U\+[0-9A-F]{4}⟩/);
  });
});

test("a drawing of 300 packages has each of them once, none over another, no column longer than a screen", () => {
  const nodes = Array.from({ length: 300 }, (_, n) => ({
    pkgbase: `package-${n}`,
    level: n === 0 ? 0 : n < 200 ? -1 : 1,
    state: "good" as const,
  }));
  const edges = nodes
    .slice(1)
    .map(({ pkgbase, level }) =>
      level < 0 ? { from: pkgbase, to: "package-0" } : { from: "package-0", to: pkgbase },
    );
  const { text } = dependencyDrawing({ nodes, edges }, (name) => `../package/${name}`);
  const boxes = [...text.matchAll(/x="(\d+)"\s+y="(-?\d+)"\s+width="(\d+)"\s+height="18"/g)].map((match) =>
    match.slice(1).map(Number),
  ) as [number, number, number][];
  expect(boxes).toHaveLength(300);
  expect(text.match(/class="edge"/g)).toHaveLength(299);
  const overlapping = boxes.filter(([x, y], n) =>
    boxes.some(([x2, y2, width2], m) => m !== n && y2 === y && x >= x2 && x < x2 + width2),
  );
  expect([overlapping, Math.max(...boxes.map(([, y]) => y)) < 700]).toEqual([[], true]);
});

test("a plot's bars are links that say what they stand for", () => {
  const bar = { tone: "good", href: "../build/1" } as const;
  const { text } = plot("Durations", [
    { ...bar, value: 10, label: "build 1: <3 s" },
    { ...bar, value: 20, label: "build 2" },
  ]);
  expect(text).toContain('aria-label="build 1: &lt;3 s"');
  expect([...text.matchAll(/width="8"\s+height="(\d+)"/g)].map(([, height]) => Number(height))).toEqual([
    28, 56,
  ]);
});

test("controls and what turns the direction of text stand as a sign, line ends stay", () => {
  expect(html`<p>${"a\u001b[1m\u202eb\u009b\nc"}</p>`.text).toBe("<p>a\ufffd[1m\ufffdb\ufffd\nc</p>");
});

test.each([
  ["A unit comes: `a.service`", "<p>A unit comes: <code>a.service</code></p>"],
  ["two: `` a`b ``, `c`", "<p>two: <code>a`b</code>, <code>c</code></p>"],
  ["<b>`<i>\u202e`</b>", "<p>&lt;b&gt;<code>&lt;i&gt;⟨U+202E⟩</code>&lt;/b&gt;</p>"],
  ["a ` alone, *and* [x](y)", "<p>a ` alone, *and* [x](y)</p>"],
])("code spans are shown as code, and nothing else is markup: %s", (sentence, shown) => {
  expect(html`<p>${codeSpans(sentence)}</p>`.text).toBe(shown);
});
