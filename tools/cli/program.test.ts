import { execFileSync, spawnSync } from "node:child_process";
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

test("the version is the package's, however it is asked for", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  for (const asked of ["--version", "-V", "version"]) expect(sluice(asked)).toBe(`${version}\n`);
  expect(JSON.parse(sluice("version", "--json"))).toEqual({ sluice: version, node: process.versions.node });
});

test.each([
  ["help", "nonsense"],
  ["nonsense", "--help"],
])("%s %s is an error, and the nearest command is named", (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli/main.js", ...args], {
    encoding: "utf8",
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain('there is no command "nonsense"');
  expect(spawnSync(process.execPath, ["dist/cli/main.js", "help", "biuld"]).stderr.toString()).toContain(
    "did you mean build?",
  );
});

test("every command can print JSON, but for the one that prints a shell's script", () => {
  const without = defined.filter(({ command }) => !command.options.some(({ long }) => long === "--json"));
  expect(without.map(pathOf)).toEqual(["completion"]);
});

function pathOf({ command }: DefinedCommand): string {
  const names = [];
  for (let each = command; each.parent; each = each.parent) names.unshift(each.name());
  return names.join(" ");
}

function sluice(...args: readonly string[]): string {
  return execFileSync(process.execPath, ["dist/cli/main.js", ...args], { encoding: "utf8" });
}
