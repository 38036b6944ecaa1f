import { expect, test } from "vitest";
import { changelogSection } from "./changelog.ts";

const text = `# Changelog

## [Unreleased]

nothing

## v1.0.5

- fixed

### Details

\`\`\`sh
## 1.0.4 is no heading here
\`\`\`

## 1.0.4 (2026-07-24)

older

## [1.0.3] - 2026-07-01

oldest
`;

test.each([
  ["1.0.5", "- fixed\n\n### Details\n\n```sh\n## 1.0.4 is no heading here\n```"],
  ["1.0.4", "older"],
  ["1.0.3", "oldest"],
  ["1.0", undefined],
  ["1.0.50", undefined],
])("the section of %s", (version, section) => {
  expect(changelogSection(text, version)).toBe(section);
});
