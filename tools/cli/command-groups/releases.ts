import type { CommandEntry } from "../command-entry.ts";
import { isolatingCommand, operationCommand, workspaceCommand } from "./shared-options.ts";

export const releases: readonly CommandEntry[] = [
  {
    group: "releases",
    examples: [
      ["sluice release garage v1.2.0 --dry-run", "what the tag v1.2.0 would run and publish, and why"],
      ["sluice release garage refs/heads/main --dry-run", "the branch main, where a tag has that name, too"],
      ["sluice release garage v1.2.0", "make it on this machine; what is done already isn't done again"],
      ["sluice release garage", "the same for what each channel's lock file says"],
      [
        "sluice release garage --verify",
        "read all that was published of it, and say what was lost or changed",
      ],
    ],
    define: (program) =>
      isolatingCommand(program, "release <project> [ref]")
        .description("Release a tag or a branch of a project here: run its jobs, then publish what they made")
        .option("-n, --dry-run", "show the plan: channel, jobs, artifacts, publications; change nothing")
        .option("--verify", "read back what is on record as published; what was lost is published once more")
        .option("--channel <name>", "the channel, instead of the first one that takes the ref")
        .option("--json", "print the plan, or what was read back, as JSON"),
    load: async () => (await import("../commands/release.ts")).release,
  },
  {
    group: "releases",
    examples: [
      ["sluice sign garage --key ~/.ssh/id_ed25519", "write releases/garage/release.sig, to be committed"],
    ],
    define: (program) =>
      workspaceCommand(program, "sign <project>")
        .description("Sign a project's definition as it is committed, where .ci/allowed-signers says who may")
        .requiredOption("--key <file>", "an SSH key: a private one, or a public one that ssh-agent knows")
        .option("--json", "print the signature's path as JSON"),
    load: async () => (await import("../commands/sign.ts")).sign,
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
