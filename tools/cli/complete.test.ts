import { expect, test } from "vitest";
import { complete } from "./complete.ts";
import { createProgram } from "./program.ts";

const { program } = createProgram();
const byRoot = (root: string | undefined): string[] => (root === undefined ? ["bar", "foo"] : [`of-${root}`]);

/** `line` ends with what was begun. */
function answer(line: string): string {
  const found = complete(program, line.split(" ").slice(1), byRoot);
  return found.kind === "words" ? found.words.map(({ value }) => value).join(" ") : found.kind;
}

test.each([
  ["sluice on-", "on-commit on-schedule"],
  ["sluice hel", "help"],
  ["sluice help cl", "classify"],
  ["sluice --ver", "--version"],
  ["sluice nonsense ", ""],
  ["sluice why ", "bar foo"],
  ["sluice why f", "foo"],
  ["sluice why foo ", "--root --state --json --help"],
  ["sluice build foo b", "bar"],
  ["sluice build foo --js", "--json"],
  ["sluice build -- f", "foo"],
  ["sluice build -- --j", ""],
  ["sluice why --root elsewhere ", "of-elsewhere"],
  ["sluice why --root=elsewhere ", "of-elsewhere"],
  ["sluice why --root ", "folders"],
  ["sluice why --root=", "folders"],
  ["sluice classify old ", "folders"],
  ["sluice classify old new ", "--maintainers-before --maintainers-after --json --help"],
  ["sluice enqueue ", "files"],
  ["sluice deptree --format ", "json chaotic dot"],
  ["sluice deptree --format c", "chaotic"],
  ["sluice deptree --format=d", "--format=dot"],
  ["sluice deptree --json=", ""],
  ["sluice deptree --databases core.db ", "files"],
  ["sluice deptree --databases core.db --fo", "--format"],
  ["sluice deptree --databases core.db --format ", "json chaotic dot"],
  ["sluice on-schedule --trigger ", ""],
  ["sluice on-schedule -n --j", "--json"],
  ["sluice completion ", "bash zsh fish"],
])("%s", (line, expected) => {
  expect(answer(line)).toBe(expected);
});
