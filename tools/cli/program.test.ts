import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createProgram, type DefinedCommand } from "./program.ts";

const { program, defined } = createProgram();

describe.each(defined.map((each) => [pathOf(each), each] as const))(
  "sluice %s",
  (path, { entry, command }) => {
    test("has examples, all of this command and with options that it has", () => {
      expect(entry.examples.length).toBeGreaterThan(0);
      for (const [line] of entry.examples) {
        const words = line.replace(/ >.*|^.*<\(|\)$/g, "").split(" ");
        expect(`${words.join(" ")} `).toContain(`sluice ${path} `);
        const flags = words.filter((word) => word.startsWith("-")).map((word) => word.replace(/=.*/, ""));
        const known = command.options.flatMap(({ long, short }) => [long, short]);
        expect(known).toEqual(expect.arrayContaining(flags));
      }
    });

    test("says what it does, and so does each of its options", () => {
      expect(command.description()).not.toBe("");
      expect(command.options.filter(({ description }) => description === "")).toEqual([]);
    });
  },
);

test("help shows every command once, and where more is to be found", () => {
  const help = sluice("help");
  for (const command of program.commands) expect(help.split(`\n  ${command.name()} `)).toHaveLength(2);
  expect(help).toContain("1  ran, something needs a person");
  expect(help).toContain(`Documentation: ${process.cwd()}/docs`);
});

test("a command's help shows its examples", () => {
  expect(sluice("help", "on-commit")).toContain("\n  sluice on-commit --dry-run  ");
});

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(sluice("--version")).toBe(`${version}\n`);
});

function pathOf({ command }: DefinedCommand): string {
  const names = [];
  for (let each = command; each.parent; each = each.parent) names.unshift(each.name());
  return names.join(" ");
}

function sluice(...args: readonly string[]): string {
  return execFileSync(process.execPath, ["dist/cli/main.js", ...args], { encoding: "utf8" });
}
