import type { CommandEntry } from "../command-entry.ts";
import { workspaceCommand } from "./shared-options.ts";

export const pipelines: readonly CommandEntry[] = [
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
    load: async () => (await import("../commands/on-commit.ts")).onCommit,
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
    load: async () => (await import("../commands/on-schedule.ts")).onSchedule,
  },
  {
    group: "pipelines",
    examples: [["sluice check-changes origin/main..HEAD", "what do my commits do to packages?"]],
    define: (program) =>
      workspaceCommand(program, "check-changes <range>")
        .description("What a contributor's commits BASE..HEAD do to packages, as a Markdown summary")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/check-changes.ts")).checkChanges,
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
    load: async () => (await import("../commands/push-aur.ts")).pushAur,
  },
];
