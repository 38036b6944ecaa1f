import type { CommandEntry } from "../command-entry.ts";
import { operationCommand, workspaceCommand } from "./shared-options.ts";

export const releases: readonly CommandEntry[] = [
  {
    group: "releases",
    examples: [
      ["sluice release garage v1.2.0 --dry-run", "what the tag v1.2.0 would run and publish, and why"],
      ["sluice release garage refs/heads/main --dry-run", "the branch main, where a tag has that name, too"],
      ["sluice release garage --dry-run", "what each channel's lock file says"],
    ],
    define: (program) =>
      workspaceCommand(program, "release <project> [ref]")
        .description(
          "Show what a release of a project comes to: channel, jobs, artifacts and publications, in order",
        )
        .requiredOption("-n, --dry-run", "show the plan and change nothing")
        .option("--channel <name>", "the channel, instead of the first one that takes the ref")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("../commands/release.ts")).release,
  },
  {
    group: "releases",
    examples: [
      ["sluice promote garage stable v1.2.0", "commit the lock file: stable releases the tag v1.2.0"],
      [
        "sluice promote garage development main --dry-run",
        "the commit that main is at; show, change nothing",
      ],
    ],
    define: (program) =>
      operationCommand(program, "promote <project> <channel> <ref>").description(
        "Name a tag or a branch's commit in a channel's lock file, by one commit",
      ),
    load: async () => (await import("../commands/promote.ts")).promote,
  },
];
