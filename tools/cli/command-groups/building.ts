import type { CommandEntry } from "../command-entry.ts";
import {
  buildersCommand,
  keyCommand,
  buildingCommand,
  isolatingCommand,
  sandboxOption,
  serverOptions,
  stateCommand,
} from "./shared-options.ts";

export const building: readonly CommandEntry[] = [
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
    load: async () => (await import("../commands/build.ts")).build,
  },
  {
    group: "building",
    examples: [
      [
        "sluice build-into .sluice/built foo",
        "build foo and what it needs, into .sluice/built, for pacman -U",
      ],
    ],
    define: (program) =>
      isolatingCommand(program, "build-into <dir> <pkgbase...>")
        .description(
          "Build packages into a folder, unsigned: to install them by hand, or for jobs that share a schedule",
        )
        .option(
          "--commit <commit>",
          "the scheduled commit, of which just these are built (default: HEAD, with what they need)",
        )
        .option("--with <dir>", "what earlier jobs left; builds may use it")
        .option("--after <names>", "packages of the schedule whose jobs ended before, with blanks between")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("../commands/build-into.ts")).buildInto,
  },
  {
    group: "building",
    examples: [
      ["sluice publish built", "publish what is in built/, all of it in one change"],
      ["sluice publish --adopt /srv/http/mine.db", "take over what another tool has published"],
    ],
    define: (program) =>
      stateCommand(program, "publish [dir...]")
        .description("Publish what build-into left in folders, or what another tool has published")
        .option("--adopt <db>", "packages beside this database, where main has them in that version")
        .option("--json", "print the outcomes as JSON"),
    load: async () => (await import("../commands/publish.ts")).publish,
  },
  {
    group: "building",
    examples: [
      ["sluice up --port 8081", "build, serve, and go on with each new commit"],
      ["sluice up --once", "end when all is published"],
      [
        "sluice up --host 0.0.0.0 --address https://repo.example.org",
        "on a server; clients use that address",
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
        .option("--cluster", "with a Redis and two builders beside it, as on several machines; see --jobs")
        .option("--no-fetch", "don't ask the remote; follow the clone alone")
        .option("--json", "print the address, or with --once the outcome, as JSON"),
    load: async () => (await import("../commands/up.ts")).up,
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
        .option("--arch <name>", "the architecture that it builds for (default: this machine's)")
        .option("--cross", "build for another machine's: by emulation or a cross compiler")
        .option(
          "--class <class>",
          "a number: builds of this class or lower; a name: what names it (default: 2)",
        )
        .option("--jobs <number>", "builds at a time (default: 1)")
        .option("--json", "print a JSON line for each build that begins or ends")
        .option("--drain <seconds>", "how long running builds may take after a SIGTERM (default: 600)")
        .option("--state <dir>", "what is kept between builds (default: ~/.local/state/sluice-builder)")
        .addOption(sandboxOption()),
    load: async () => (await import("../commands/builder.ts")).builder,
  },
  {
    group: "building",
    examples: [["sluice builders add attic", "let the builder attic in; prints its BUILDER_TOKEN"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "add <name>")
        .description("Let a builder on another machine in, and print its token")
        .option("--json", "print name and token as JSON"),
    load: async () => (await import("../commands/builders.ts")).buildersAdd,
  },
  {
    group: "building",
    examples: [["sluice builders remove attic", "what attic sends is refused from now on"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "remove <name>")
        .description("Let a builder in no longer")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/builders.ts")).buildersRemove,
  },
  {
    group: "building",
    examples: [["sluice builders list", "who may build for this manager"]],
    define: (program) =>
      stateCommand(buildersCommand(program), "list")
        .description(
          "The builders that are let in, what those do that are there, and what of theirs was refused",
        )
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/builders.ts")).buildersList,
  },
  {
    group: "building",
    examples: [
      ["sluice notify", "who gets notifications, and what is still to be sent"],
      ["sluice notify --test chat", "send the target chat a message"],
    ],
    define: (program) =>
      stateCommand(program, "notify")
        .description("Notifications of builds: chats, mail, webhooks, commit statuses of a forge")
        .option("--test <target>", "send this target a message, or try its token")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/notify.ts")).notify,
  },
  {
    group: "building",
    examples: [["sluice key show", "which key signs, and which one is to"]],
    define: (program) =>
      stateCommand(keyCommand(program), "show")
        .description("Which key signs what is published, which is to, and which clients trust besides")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/key.ts")).showKey,
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
    load: async () => (await import("../commands/key.ts")).rotate,
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
    load: async () => (await import("../commands/key.ts")).exportKey,
  },
  {
    group: "building",
    examples: [["sluice key import backup.asc", "restore the key from a backup"]],
    define: (program) =>
      stateCommand(keyCommand(program), "import <file>")
        .description("Take a secret key into the state folder, such as one out of a backup")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/key.ts")).importKey,
  },
  {
    group: "building",
    examples: [["sluice enqueue", "hand over what on-commit or on-schedule wrote"]],
    define: (program) =>
      stateCommand(program, "enqueue [schedule]")
        .description("Hand a schedule (default: .ci/schedule.json) to the queue, for `sluice up` to build")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/enqueue.ts")).enqueue,
  },
  {
    group: "building",
    examples: [["sluice queue", "what waits, runs or is blocked"]],
    define: (program) =>
      stateCommand(program, "queue")
        .description("What builders took from schedules: what waits, runs, is blocked and by whom")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/queue.ts")).queue,
  },
  {
    group: "building",
    examples: [["sluice cancel foo", "take foo out of the queue, or stop its build"]],
    define: (program) =>
      stateCommand(program, "cancel <pkgbase...>")
        .description("End builds that are queued or under way")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/cancel.ts")).cancel,
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
    load: async () => (await import("../commands/status.ts")).status,
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
    load: async () => (await import("../commands/log.ts")).log,
  },
];
