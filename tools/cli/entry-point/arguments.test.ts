import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";

const hash = "0123456789abcdef0123456789abcdef01234567";

test.each([
  [
    [
      "schedule",
      "--target-repo=chaotic",
      "--source-repo=packages",
      "--commit",
      `${hash}:42`,
      "a+b",
      "c/heavy",
    ],
    {
      kind: "schedule",
      arch: "x86_64",
      target: "chaotic",
      source: "packages",
      commit: hash,
      pipeline: "42",
      packages: [
        { pkgbase: "a+b", class: null },
        { pkgbase: "c", class: "heavy" },
      ],
    },
  ],
  [
    [
      "schedule",
      "a",
      "--arch=aarch64",
      "--target-repo",
      "t",
      "--arch-mirror=https://m/$repo/os/$arch",
      "--deptree=",
    ],
    {
      kind: "schedule",
      arch: "aarch64",
      target: "t",
      source: undefined,
      commit: undefined,
      pipeline: undefined,
      packages: [{ pkgbase: "a", class: null }],
    },
  ],
  [
    ["auto-repo-remove", "--target-repo=t", "stays", "stays-too"],
    { kind: "auto-repo-remove", arch: "x86_64", target: "t" },
  ],
  [
    ["schedule", '--target-repo="t"', '--source-repo="s"', 'a/""', "b/heavy"],
    {
      kind: "schedule",
      arch: "x86_64",
      target: "t",
      source: "s",
      commit: undefined,
      pipeline: undefined,
      packages: [
        { pkgbase: "a", class: null },
        { pkgbase: "b", class: "heavy" },
      ],
    },
  ],
  [["builder"], { kind: "sluice", args: ["builder"] }],
  [["database", "--web-port", "9000"], { kind: "database", port: "9000" }],
  [["web"], { kind: "web", port: "8080" }],
  [["lint", "--json"], { kind: "sluice", args: ["lint", "--json"] }],
  [[], { kind: "sluice", args: [] }],
])("%j is understood as chaotic-manager's container would", (args, asked) => {
  expect(readArguments(args)).toEqual(asked);
});

test.each([
  [["schedule", "a"], /--target-repo is missing/],
  [["schedule", "--target-repo=t", "../etc"], /is no package/],
  [["schedule", "--target-repo=t", "a/b/c"], /is no package/],
  [["schedule", "--target-repo=t", "--force", "a"], /"--force" isn't understood/],
  [["schedule", "--target-repo"], /"--target-repo" isn't understood/],
])("%j is refused", (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
