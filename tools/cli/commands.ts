import { Option, type Command } from "commander";

/**
 * The commands: how each is called, and the file that carries it out, loaded only when it is called. A
 * command gets its options, then its operands, and returns the exit code.
 */
interface CommandEntry {
  /** Command lines as one would type them, and what they are for. */
  readonly examples?: readonly (readonly [line: string, purpose: string])[];
  readonly define: (program: Command) => Command;
  // Commander hands over what `define` declared; each command's own signature says what that is.
  readonly load: () => Promise<(...given: never[]) => Promise<number> | number>;
}

export const commands: readonly CommandEntry[] = [
  {
    define: (program) =>
      program
        .command("init [dir]")
        .description("Make a new workspace in an empty folder, or take over one of Chaotic-AUR's kind")
        .option("--gitlab", "with pipelines for GitLab (default: both)")
        .option("--github", "with pipelines for GitHub (default: both)")
        .option("--name <name>", "of the package repository (default: the folder's)")
        .addOption(
          new Option("--schedule-to <who>", "who builds (default: manager)").choices([
            "manager",
            "chaotic",
            "runners",
          ]),
        )
        .option("--from-chaotic", "replace the bash pipelines of the repository in DIR by Sluice's")
        .option("--commit", "commit what was done")
        .option("-n, --dry-run", "show the plan and change nothing"),
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    define: (program) =>
      workspaceCommand(program.command("template").description("The CI files of this workspace"), "update")
        .description("Take the CI files of TEMPLATE_REPO at its newest signed tag")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("./commands/template-update.ts")).templateUpdate,
  },
  {
    define: (program) =>
      workspaceCommand(program, "on-commit")
        .description("Schedule what the commits since the last run changed")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("./commands/on-commit.ts")).onCommit,
  },
  {
    define: (program) =>
      workspaceCommand(program, "on-schedule")
        .description(
          "Take what is new upstream: commit what is harmless, put the rest up for review, schedule",
        )
        .option("--trigger <name>", "schedule the packages with this trigger instead, and nothing else")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print what was found and done as JSON"),
    load: async () => (await import("./commands/on-schedule.ts")).onSchedule,
  },
  {
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
    load: async () => (await import("./commands/add.ts")).add,
  },
  {
    examples: [
      ["sluice drop foo bar", "remove two packages; those that need them are named"],
      ["PACKAGES=foo,bar sluice drop", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "drop [pkgbase...]")
        .description("Take packages out of the workspace and the package repository")
        .option("--force", "also where other packages need them"),
    load: async () => (await import("./commands/drop.ts")).drop,
  },
  {
    examples: [
      ["sluice bump foo bar", "build their versions once more"],
      ["sluice bump all", "all of them"],
      ["PACKAGES=foo:bar sluice bump", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "bump [pkgbase...]").description(
        "Rebuild packages without a new version, by CI_PACKAGE_BUMP",
      ),
    load: async () => (await import("./commands/bump.ts")).bump,
  },
  {
    examples: [
      ["sluice schedule foo bar/heavy", "foo where it is always built, bar where class heavy is"],
      ["sluice schedule all", "all of them"],
      ["PACKAGES='foo bar' sluice schedule", "as a CI form does it"],
    ],
    define: (program) =>
      operationCommand(program, "schedule [pkgbase...]").description(
        "Build packages as main has them, without a commit",
      ),
    load: async () => (await import("./commands/schedule.ts")).schedule,
  },
  {
    examples: [
      ["sluice review", "what waits for a person"],
      ["sluice review --json", "with all findings"],
    ],
    define: (program) =>
      workspaceCommand(program, "review")
        .description("Open reviews, with what the gate says of them today")
        .option("--json", "print as JSON, with all findings"),
    load: async () => (await import("./commands/review.ts")).review,
  },
  {
    examples: [
      ["sluice audit", "was anything lost?"],
      ["sluice audit --database https://example.org/x86_64/mypackages.db", "against this database"],
    ],
    define: (program) =>
      workspaceCommand(program, "audit")
        .description("Updates and builds that were lost on the way, and what nobody owns any more")
        .option(
          "--database <file>",
          "the published repository's, or its address (default: BUILD_REPO's in CI_LIB_DB)",
        )
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/audit.ts")).audit,
  },
  {
    define: (program) =>
      workspaceCommand(program, "why <pkgbase>")
        .description("Whether a package would be scheduled now, who needs it and whom it needs")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    define: (program) =>
      workspaceCommand(program, "lint")
        .description("List every problem of the workspace")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/lint.ts")).lint,
  },
  {
    define: (program) =>
      workspaceCommand(program, "deptree")
        .description("Who needs whom in the workspace, and the build order")
        .addOption(
          new Option("--format <format>", "what to print")
            .choices(["json", "chaotic", "dot"])
            .default("json"),
        )
        .option("--out <file>", "write to a file instead of standard output")
        .option("--databases <file...>", "databases of the distribution; what they hold needs no provider"),
    load: async () => (await import("./commands/deptree.ts")).deptree,
  },
  {
    define: (program) =>
      buildingCommand(program, "build [pkgbase...]")
        .description(
          "Build packages, and what they need, and publish them here (none named: what isn't published)",
        )
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("./commands/build.ts")).build,
  },
  {
    define: (program) =>
      buildingCommand(program, "up")
        .description("Keep the package repository as the workspace says, and serve it")
        .option("--once", "end when all is published")
        .option("--port <number>", "where to serve it (default: 8080)"),
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    define: (program) =>
      stateCommand(program, "enqueue [schedule]").description(
        "Hand a schedule (default: .ci/schedule.json) to the queue",
      ),
    load: async () => (await import("./commands/enqueue.ts")).enqueue,
  },
  {
    define: (program) =>
      stateCommand(program, "queue")
        .description("What waits, what runs, what is blocked and by whom")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/queue.ts")).queue,
  },
  {
    define: (program) =>
      workspaceCommand(program, "check-changes <range>")
        .description("What a contributor's commits BASE..HEAD do to packages, as a Markdown summary")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/check-changes.ts")).checkChanges,
  },
  {
    define: (program) =>
      workspaceCommand(program, "replay [range]")
        .description("Judge the updates of a workspace's history with the rules of today")
        .option("--author <name>", "only commits of this author")
        .option("--branches <pattern>", "judge branches against main instead, such as 'update-*'")
        .option("--json", "one JSON line per update"),
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  {
    define: (program) =>
      workspaceCommand(program, "push-aur [pkgbase...]")
        .description("Push packages with CI_MANAGE_AUR=true to the AUR as main has them (none named: all)")
        .option("-n, --dry-run", "show what would be pushed and change nothing")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/push-aur.ts")).pushAur,
  },
  {
    define: (program) =>
      program
        .command("classify <old-dir> <new-dir>")
        .description("Judge an update of a recipe: minor, major or dangerous, and why")
        .option("--maintainers-before <names>", "the accepted maintainers, with commas between")
        .option("--maintainers-after <names>", "the maintainers now")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/classify.ts")).classify,
  },
];

function operationCommand(program: Command, name: string): Command {
  return workspaceCommand(program, name)
    .option("-n, --dry-run", "show the plan and change nothing")
    .option("--json", "print the plan as JSON");
}

function buildingCommand(program: Command, name: string): Command {
  return stateCommand(program, name)
    .option("--jobs <number>", "builds at a time (default: 1)")
    .addOption(
      new Option("--sandbox <name>", "how builds are isolated; host: not at all").choices([
        "bubblewrap",
        "host",
      ]),
    );
}

function stateCommand(program: Command, name: string): Command {
  return workspaceCommand(program, name).option(
    "--state <dir>",
    "queue, logs, key and package repository (default: .sluice in the workspace)",
  );
}

function workspaceCommand(program: Command, name: string): Command {
  return program.command(name).option("--root <dir>", "the workspace (default: the one around this folder)");
}
