import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(path, "utf8");
const program = execFileSync("git", ["ls-files", "tools/*.ts"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && !/\.test\.ts$|\/contract/.test(path))
  .map((path) =>
    read(path)
      .replaceAll(/\$\{[^}]*\}/g, "…")
      .replaceAll("\\`", "`"),
  )
  .join("\n");

/** The first cells of the tables whose heading is `message`. */
function messages(): string[] {
  const tables = [...read("docs/troubleshooting.md").matchAll(/^\| message \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)];
  return tables.flatMap(([, rows]) => [...rows!.matchAll(/^\| `([^`]+)`/gm)].map(([, message]) => message!));
}

test("every message of the troubleshooting page is one that the program writes", () => {
  expect(messages().length).toBeGreaterThan(40);
  const unknown = messages().filter((message) =>
    message.split("…").some((part) => part.trim().length > 3 && !program.includes(part.trim())),
  );
  expect(unknown).toEqual([]);
});

test("the glossary has each word once", () => {
  const words = [...read("docs/glossary.md").matchAll(/^\| ([^|]+) \| (?!meaning)/gm)].map(
    ([, word]) => word!,
  );
  expect(words.length).toBeGreaterThan(40);
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});
