import { Argument, Option, type Command } from "commander";

/**
 * The commands: how each is called, and the file that carries it out, loaded only when it is called. A
 * command gets its options, its operands, and the program that it belongs to; it returns the exit code.
 *
 * Help, shell completion, the man page and the reference are made from this table. What an operand or an option's
 * value is called says what completes it (`complete.ts`): `<pkgbase>`, `<file>`, `<dir>`.
 */
export interface CommandEntry {
  readonly group: keyof typeof groups;
  /** Command lines as one would type them, and what they are for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly define: (program: Command) => Command;
  // Commander hands over what `define` declared; each command's own signature says what that is.
  readonly load: () => Promise<(...given: never[]) => Promise<number> | number>;
}

/** In the order in which help shows them. */
export const groups = {
  packages: "Packages",
  pipelines: "Pipelines",
  updates: "Judging updates",
  building: "Building and publishing",
  setup: "Set-up",
} as const;

export const commands: readonly CommandEntry[] = [
  {
    group: "setup",
    examples: [
      ["sluice init mypackages --gitlab", "a new workspace with pipelines for GitLab"],
      ["sluice init --from-chaotic --dry-run", "what would taking over this repository change?"],
    ],
    define: (program) =>
      program
        .command("init [dir]")
        .description(
          "Make a workspace of an empty folder or one of PKGBUILDs, or take over one of Chaotic-AUR's kind",
        )
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
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    group: "setup",
    examples: [["sluice template update --dry-run", "what is new in the CI files?"]],
    define: (program) =>
      workspaceCommand(program.command("template").description("The CI files of this workspace"), "update")
        .description("Take the CI files of TEMPLATE_REPO at its newest signed tag")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("./commands/template-update.ts")).templateUpdate,
  },
  {
    group: "pipelines",
    examples: [
      ["sluice on-commit", "schedule what was committed"],
      ["sluice on-commit --dry-run", "only say what would be scheduled"],
    ],
    define: (program) =>
      workspaceCommand(program, "on-commit")
        .description("Schedule what the commits since the last run changed")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("./commands/on-commit.ts")).onCommit,
  },
  {
    group: "pipelines",
    examples: [
      ["sluice on-schedule", "look at all upstreams, and do what follows"],
      ["sluice on-schedule --dry-run", "look, and change nothing"],
      ["sluice on-schedule --trigger daily", "schedule the packages with CI_ON_TRIGGER=daily"],
    ],
    define: (program) =>
      workspaceCommand(program, "on-schedule")
        .description(
          "Take what is new upstream: commit what is harmless, open reviews for the rest, schedule",
        )
        .option("--trigger <name>", "schedule the packages with this trigger instead, and nothing else")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print what was found and done as JSON"),
    load: async () => (await import("./commands/on-schedule.ts")).onSchedule,
  },
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
    load: async () => (await import("./commands/add.ts")).add,
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
    load: async () => (await import("./commands/drop.ts")).drop,
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
    load: async () => (await import("./commands/bump.ts")).bump,
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
    load: async () => (await import("./commands/schedule.ts")).schedule,
  },
  {
    group: "updates",
    examples: [
      ["sluice review", "what waits for a person"],
      ["sluice review show foo", "what would change in foo, and what the gate says of it"],
      ["sluice review accept foo", "take it into main, as it was shown"],
      ["sluice review refuse foo", "don't ask again until upstream moves"],
      ["sluice review --json", "with all findings"],
    ],
    define: (program) =>
      workspaceCommand(program, "review")
        .description("Updates that wait for a person: list, show, accept or refuse them")
        .addArgument(
          new Argument("[action]", "what to do (default: list all)").choices(["show", "accept", "refuse"]),
        )
        .argument("[pkgbase]")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print as JSON, with all findings"),
    load: async () => (await import("./commands/review.ts")).review,
  },
  {
    group: "updates",
    examples: [
      ["sluice audit", "was anything lost?"],
      ["sluice audit --database https://example.org/x86_64/mypackages.db", "against this database"],
    ],
    define: (program) =>
      stateCommand(program, "audit")
        .description(
          "Updates and builds that were lost on the way, published files that are damaged, and what nobody owns any more",
        )
        .option(
          "--database <file>",
          "the published repository's, or its address (default: BUILD_REPO's in CI_LIB_DB, or what is published here)",
        )
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/audit.ts")).audit,
  },
  {
    group: "packages",
    examples: [["sluice why foo", "is foo scheduled now, and because of what?"]],
    define: (program) =>
      stateCommand(program, "why <pkgbase>")
        .description(
          "Whether a package would be scheduled now, why its last build failed, whom it needs and who needs it",
        )
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    group: "packages",
    examples: [["sluice lint", "before a commit: is everything in order?"]],
    define: (program) =>
      workspaceCommand(program, "lint")
        .description("List every problem of the workspace")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/lint.ts")).lint,
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
    load: async () => (await import("./commands/srcinfo.ts")).srcinfo,
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
    load: async () => (await import("./commands/deptree.ts")).deptree,
  },
  {
    group: "building",
    examples: [
      ["sluice build foo", "build foo and what it needs"],
      ["sluice build", "build whatever isn't published as it is committed"],
      ["sluice build all --jobs 4", "build everything, four at a time"],
      ["sluice build --again foo", "build what is published once more, as foo's next pkgrel .N"],
    ],
    define: (program) =>
      buildingCommand(program, "build [pkgbase...]")
        .description(
          "Build packages, and what they need, and publish them here (none named: what isn't published)",
        )
        .option("--again", "also those whose very recipe is published, with a pkgrel raised by .N")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("./commands/build.ts")).build,
  },
  {
    group: "building",
    examples: [["sluice build-into built foo", "build foo as it is committed, into built/foo"]],
    define: (program) =>
      isolatingCommand(program, "build-into <dir> <pkgbase...>")
        .description("Build packages into a folder, for jobs of a pipeline that share a schedule")
        .option("--commit <commit>", "the scheduled commit (default: HEAD)")
        .option("--with <dir>", "what earlier jobs left; builds may use it")
        .option("--after <names>", "packages of the schedule whose jobs ended before, with blanks between")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("./commands/build-into.ts")).buildInto,
  },
  {
    group: "building",
    examples: [["sluice publish built", "publish what is in built/, all of it in one change"]],
    define: (program) =>
      stateCommand(program, "publish <dir...>")
        .description("Publish what build-into left in folders")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("./commands/publish.ts")).publish,
  },
  {
    group: "building",
    examples: [
      ["sluice up --port 8081", "build, serve, and go on with each new commit"],
      ["sluice up --once", "end when all is published"],
      [
        "sluice up --host 0.0.0.0 --address https://repo.example.org",
        "on a server; clients are told that address",
      ],
      ["sluice up --pipelines", "the whole system without a forge: follow upstreams, build, serve"],
    ],
    define: (program) =>
      serverOptions(buildingCommand(program, "up"))
        .description("Keep the package repository as the workspace says, and serve it")
        .option("--once", "end when all is published")
        .option(
          "--pipelines",
          "run on-commit, on-schedule and the trigger daily as well, where no forge does",
        )
        .option("--no-fetch", "don't ask the remote; follow the clone alone")
        .option("--json", "print the address, or with --once the outcome, as JSON"),
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    group: "building",
    examples: [
      [
        "sluice builder --class 3 --jobs 2",
        "build what a manager elsewhere offers; see BUILDER_TOKEN, REDIS_HOST",
      ],
    ],
    define: (program) =>
      program
        .command("builder")
        .description("Build for a manager on another machine")
        .option("--arch <name>", "what this machine builds for (default: x86_64)")
        .option(
          "--class <class>",
          "a number: builds of this class or lower; a name: what names it (default: 2)",
        )
        .option("--jobs <number>", "builds at a time (default: 1)")
        .option("--json", "print a JSON line for each build that begins or ends")
        .option("--drain <seconds>", "how long running builds may take after a SIGTERM (default: 600)")
        .option("--state <dir>", "what is kept between builds (default: ~/.local/state/sluice-builder)")
        .addOption(
          new Option("--sandbox <name>", "how builds are isolated; host: not at all").choices([
            "bubblewrap",
            "host",
          ]),
        ),
    load: async () => (await import("./commands/builder.ts")).builder,
  },
  {
    group: "building",
    examples: [["sluice builders add attic", "let the builder attic in; prints its BUILDER_TOKEN"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "add <name>")
        .description("Let a builder on another machine in, and print its token")
        .option("--json", "print name and token as JSON"),
    load: async () => (await import("./commands/builders.ts")).buildersAdd,
  },
  {
    group: "building",
    examples: [["sluice builders remove attic", "what attic sends is refused from now on"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "remove <name>")
        .description("Let a builder in no longer")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/builders.ts")).buildersRemove,
  },
  {
    group: "building",
    examples: [["sluice builders list", "who may build for this manager"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "list")
        .description("The builders that are let in, and what those do that are there")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/builders.ts")).buildersList,
  },
  {
    group: "building",
    examples: [["sluice web --port 8081", "the pages alone, while another process builds"]],
    define: (program) =>
      serverOptions(stateCommand(program, "web"))
        .description("Serve the package repository, its pages and its API, beside a `sluice up` that builds")
        .option("--json", "print the address as JSON"),
    load: async () => (await import("./commands/web.ts")).web,
  },
  {
    group: "building",
    examples: [["sluice key show", "which key signs, and which one is to"]],
    define: (program) =>
      stateCommand(keyCommand(program), "show")
        .description("Which key signs what is published, which is to, and which clients trust besides")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/key.ts")).showKey,
  },
  {
    group: "building",
    examples: [
      ["sluice key rotate", "clients get to know a new key now; in 30 days it signs everything"],
      ["sluice key rotate --after 0", "the new key signs everything at once, say since the old one is lost"],
    ],
    define: (program) =>
      stateCommand(keyCommand(program), "rotate")
        .description(
          "Go over to another key: the one that SIGNING_KEY names now, else a new one that is made here",
        )
        .option("--after <days>", "when it signs everything (default: 30; 0: at once)")
        .option("--json", "print the keys as JSON"),
    load: async () => (await import("./commands/key.ts")).rotate,
  },
  {
    group: "building",
    examples: [
      ["sluice key export > mypackages.asc", "what clients trust"],
      ["sluice key export --secret backup.asc", "a backup of the key that signs"],
    ],
    define: (program) =>
      stateCommand(keyCommand(program), "export")
        .description("Print the public keys that clients trust, or write the secret key to a file")
        .option("--secret <file>", "write the secret key to a new file that only you can read")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/key.ts")).exportKey,
  },
  {
    group: "building",
    examples: [["sluice key import backup.asc", "restore the key from a backup"]],
    define: (program) =>
      stateCommand(keyCommand(program), "import <file>")
        .description("Take a secret key into the state folder, such as one out of a backup")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/key.ts")).importKey,
  },
  {
    group: "building",
    examples: [["sluice enqueue", "hand over what on-commit or on-schedule wrote"]],
    define: (program) =>
      stateCommand(program, "enqueue [schedule]")
        .description("Hand a schedule (default: .ci/schedule.json) to the queue, for `sluice up` to build")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/enqueue.ts")).enqueue,
  },
  {
    group: "building",
    examples: [["sluice queue", "what waits, runs or is blocked"]],
    define: (program) =>
      stateCommand(program, "queue")
        .description("What builders took from schedules: what waits, runs, is blocked and by whom")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/queue.ts")).queue,
  },
  {
    group: "building",
    examples: [["sluice cancel foo", "take foo out of the queue, or stop its build"]],
    define: (program) =>
      stateCommand(program, "cancel <pkgbase...>")
        .description("End builds that are queued or under way")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/cancel.ts")).cancel,
  },
  {
    group: "building",
    examples: [
      ["sluice status", "does anything need me?"],
      ["sluice status --json", "for a monitor; exit code 1 where a person is needed"],
    ],
    define: (program) =>
      stateCommand(program, "status")
        .description("What fails and since when, what is held, blocked or under way, what is published")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    group: "building",
    examples: [
      ["sluice log foo", "what did the last build of foo say?"],
      ["sluice log foo --build 12", "that of an earlier build"],
      ["sluice log foo --follow", "as it is being built"],
    ],
    define: (program) =>
      stateCommand(program, "log <pkgbase>")
        .description("Print the log of a package's last build")
        .option("--build <number>", "that of this build")
        .option("-f, --follow", "go on until that build has ended")
        .option("--json", "print as JSON where the logs lie"),
    load: async () => (await import("./commands/log.ts")).log,
  },
  {
    group: "pipelines",
    examples: [["sluice check-changes origin/main..HEAD", "what do my commits do to packages?"]],
    define: (program) =>
      workspaceCommand(program, "check-changes <range>")
        .description("What a contributor's commits BASE..HEAD do to packages, as a Markdown summary")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/check-changes.ts")).checkChanges,
  },
  {
    group: "updates",
    examples: [
      ["sluice replay v1..main", "judge what came in between"],
      ["sluice replay --branches 'update-*'", "judge the reviews that are open"],
    ],
    define: (program) =>
      workspaceCommand(program, "replay [range]")
        .description("Judge the updates of a workspace's history with the rules of today")
        .option("--author <name>", "only commits of this author")
        .option("--branches <pattern>", "judge branches against main instead, such as 'update-*'")
        .option("--json", "one JSON line per update"),
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  {
    group: "pipelines",
    examples: [
      ["sluice push-aur foo", "try again what a run couldn't push"],
      ["sluice push-aur --dry-run", "what differs from the AUR?"],
    ],
    define: (program) =>
      workspaceCommand(program, "push-aur [pkgbase...]")
        .description("Push packages with CI_MANAGE_AUR=true to the AUR as main has them (none named: all)")
        .option("-n, --dry-run", "show what would be pushed and change nothing")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/push-aur.ts")).pushAur,
  },
  {
    group: "updates",
    examples: [["sluice classify old new", "judge the recipe in new/ against that in old/"]],
    define: (program) =>
      program
        .command("classify <old-dir> <new-dir>")
        .description("Judge an update of a recipe: minor, major or dangerous, and why")
        .option("--maintainers-before <names>", "the accepted maintainers, with commas between")
        .option("--maintainers-after <names>", "the maintainers now")
        .option("--json", "print as JSON"),
    load: async () => (await import("./commands/classify.ts")).classify,
  },
  {
    group: "setup",
    examples: [["sluice version", "which Sluice is this?"]],
    define: (program) =>
      program
        .command("version")
        .description("Print the version")
        .option("--json", "print as JSON, with Node's"),
    load: async () => (await import("./commands/version.ts")).version,
  },
  {
    group: "setup",
    examples: [
      ["source <(sluice completion bash)", "in ~/.bashrc"],
      ["source <(sluice completion zsh)", "in ~/.zshrc, after compinit"],
      ["sluice completion fish > ~/.config/fish/completions/sluice.fish", "once"],
    ],
    define: (program) =>
      program
        .command("completion")
        .description("Print a script that lets a shell complete sluice's commands, options and packages")
        .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(["bash", "zsh", "fish"]))
        .argument("[word...]", "say what may follow these words instead; the script asks so"),
    load: async () => (await import("./commands/completion.ts")).completion,
  },
];

function buildersCommand(program: Command): Command {
  const found = program.commands.find((command) => command.name() === "builders");
  return found ?? program.command("builders").description("Who may build for this manager");
}

function keyCommand(program: Command): Command {
  const found = program.commands.find((command) => command.name() === "key");
  return found ?? program.command("key").description("The key that signs what is published");
}

function operationCommand(program: Command, name: string): Command {
  return workspaceCommand(program, name)
    .option("-n, --dry-run", "show the plan and change nothing")
    .option("--json", "print the plan as JSON");
}

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

function serverOptions(command: Command): Command {
  return command
    .option("--port <number>", "where to serve it (default: 8080)")
    .option("--host <address>", "whom to serve: this machine, or 0.0.0.0 or :: for all (default: 127.0.0.1)")
    .option("--address <url>", "the address by which clients reach it, behind a proxy for example");
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
