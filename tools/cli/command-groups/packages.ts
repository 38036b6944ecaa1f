import { Option } from "commander";
import type { CommandEntry } from "../command-entry.ts";
import { operationCommand, stateCommand, workspaceCommand } from "./shared-options.ts";

export const packages: readonly CommandEntry[] = [
  {
    group: "packages",
    examples: [
      ["sluice add paru/aur", "take paru from the AUR"],
      [
        "sluice add foo/https://example.org/foo.git",
        "from a Git repository; #branch=NAME for another branch",
      ],
      ["sluice add --dry-run --with-dependencies paru/aur", "judge and show, change nothing"],
      [
        "ADD_PACKAGES='paru/aur yay/aur' sluice add",
        "as a CI form does it; REQUEST_ORIGIN and REQUEST_REASON go to .CI/info",
      ],
    ],
    define: (program) =>
      operationCommand(program, "add [package/source...]")
        .description("Take packages into the workspace, from the AUR or a Git repository")
        .option("--with-dependencies", "add what they need and only the AUR has, too")
        .option("--accept-risk", "take recipes that are judged dangerous, too"),
    load: async () => (await import("../commands/add.ts")).add,
  },
  {
    group: "packages",
    examples: [
      ["sluice drop foo bar", "remove two packages; those that need them are named"],
      ["PACKAGES=foo,bar sluice drop", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "drop [pkgbase...]")
        .description("Take packages out of the workspace and the package repository")
        .option("--force", "also where other packages need them"),
    load: async () => (await import("../commands/drop.ts")).drop,
  },
  {
    group: "packages",
    examples: [
      ["sluice bump foo bar", "build their versions once more"],
      ["sluice bump all", "all of them"],
      ["PACKAGES=foo:bar sluice bump", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "bump [pkgbase...]").description(
        "Rebuild packages without a new version, by CI_PACKAGE_BUMP",
      ),
    load: async () => (await import("../commands/bump.ts")).bump,
  },
  {
    group: "packages",
    examples: [
      ["sluice schedule foo bar/heavy", "foo where it is always built, bar where class heavy is"],
      ["sluice schedule all", "all of them"],
      ["PACKAGES='foo bar' sluice schedule", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "schedule [pkgbase...]").description(
        "Write a schedule of packages as main has them, without a commit, for builders to take",
      ),
    load: async () => (await import("../commands/schedule.ts")).schedule,
  },
  {
    group: "packages",
    examples: [
      ["sluice why foo", "is foo scheduled now, and because of what?"],
      ["sluice why releases/garage", "what each channel of a project takes, and what its lock file comes to"],
    ],
    define: (program) =>
      stateCommand(program, "why <pkgbase>")
        .description(
          "Whether a package would be scheduled now, why its last build failed, whom it needs and who needs it; or what a project releases",
        )
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/why.ts")).why,
  },
  {
    group: "packages",
    examples: [
      ["sluice lint", "before a commit: is everything in order?"],
      ["sluice lint --fix", "bring a .SRCINFO up to date that lies there and is stale, and list the rest"],
    ],
    define: (program) =>
      workspaceCommand(program, "lint")
        .description("List every problem of the workspace")
        .option("--fix", "repair what can be repaired without a person: stale .SRCINFO files")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/lint.ts")).lint,
  },
  {
    group: "packages",
    examples: [
      ["sluice srcinfo foo", "what .SRCINFO should say, without running the PKGBUILD"],
      ["sluice srcinfo --write", "write those that are missing or stale"],
    ],
    define: (program) =>
      workspaceCommand(program, "srcinfo [pkgbase...]")
        .description("Print what the .SRCINFO files should say, or write or check them")
        .option("--write", "write those that are missing or stale")
        .option("--check", "list those that are stale; exit code 1 where there are some")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/srcinfo.ts")).srcinfo,
  },
  {
    group: "packages",
    examples: [
      ["sluice deptree --format dot --out tree.dot", "a drawing for Graphviz"],
      ["sluice deptree --databases core.db extra.db", "what these have needs no package of ours"],
    ],
    define: (program) =>
      workspaceCommand(program, "deptree")
        .description("Who needs whom in the workspace, and the build order")
        .addOption(
          new Option("--format <format>", "what to print")
            .choices(["json", "chaotic", "dot"])
            .default("json"),
        )
        .option("--out <file>", "write to a file instead of standard output")
        .option("--databases <file...>", "databases of the distribution; what they hold needs no provider")
        .option("--json", "the same as --format json"),
    load: async () => (await import("../commands/deptree.ts")).deptree,
  },
];
