import { Option, type Command } from "commander";

/**
 * The commands: how each is called, and the file that carries it out, loaded only when it is called. A
 * command gets its options, then its operands, and returns the exit code.
 */
interface CommandEntry {
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
      isolatingCommand(program, "build-into <dir> <pkgbase...>")
        .description("Build packages into a folder, for jobs of a pipeline that share a schedule")
        .option("--commit <commit>", "the scheduled commit (default: HEAD)")
        .option("--with <dir>", "what earlier jobs left; builds may use it")
        .option("--after <names>", "packages of the schedule whose jobs ended before, with blanks between"),
    load: async () => (await import("./commands/build-into.ts")).buildInto,
  },
  {
    define: (program) =>
      stateCommand(program, "publish <dir...>")
        .description("Publish what build-into left in folders")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("./commands/publish.ts")).publish,
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

function buildingCommand(program: Command, name: string): Command {
  return isolatingCommand(program, name).option("--jobs <number>", "builds at a time (default: 1)");
}

function isolatingCommand(program: Command, name: string): Command {
  return stateCommand(program, name).addOption(
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
