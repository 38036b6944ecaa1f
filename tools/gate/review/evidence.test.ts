import { expect, test } from "vitest";
import { foldedSections, lookAtFirst } from "./evidence.ts";

const packages = { title: "Packages", first: ["`foo` gets a setuid file"], lines: ["new: `usr/bin/foo`"] };
const flood = { title: "Source", first: [], lines: Array.from({ length: 5000 }, (_, at) => `line ${at}`) };

test("what to look at first is a list of its own, and nothing where nothing stands out", () => {
  expect(lookAtFirst([packages, flood])).toBe("### Look at first\n\n- `foo` gets a setuid file");
  expect(lookAtFirst([flood])).toBe("");
  const many = { ...packages, first: Array<string>(100).fill("x".repeat(100)) };
  expect(lookAtFirst([many])).toMatch(/- … and 5\d more, below$/);
});

test("each kind of evidence is folded, and what doesn't fit is counted", () => {
  const text = foldedSections([packages, flood], 5000);
  expect(text.length).toBeLessThanOrEqual(5000);
  expect(text).toContain("<details><summary>Packages (1)</summary>\n\n- new: `usr/bin/foo`\n\n</details>");
  const [, left = ""] = /\*\*(\d+) more\*\* left out here/.exec(text) ?? [];
  expect(text.match(/^- line /gm)).toHaveLength(5000 - Number(left));
  expect(foldedSections([flood], 100)).toBe("");
});
