import { Argument } from "commander";
import type { CommandEntry } from "../command-entry.ts";
import { isolatingCommand, stateCommand, workspaceCommand } from "./shared-options.ts";

export const updates: readonly CommandEntry[] = [
  {
    group: "updates",
    examples: [
      ["sluice review", "what waits for a person"],
      ["sluice review show foo", "what would change in foo, and what the gate says of it"],
      ["sluice review --build", "build what waits, without publishing it, and say what its packages hold"],
      ["sluice review show foo --source", "what changed in the program's source, and what its release adds"],
      ["sluice review accept foo", "take it into main, as it was shown"],
      ["sluice review refuse foo", "don't ask again until upstream moves"],
      ["sluice review --json", "with all findings"],
    ],
    define: (program) =>
      isolatingCommand(program, "review")
        .description("Updates that wait for a person: list, show, accept or refuse them")
        .addArgument(
          new Argument("[action]", "what to do (default: list all)").choices(["show", "accept", "refuse"]),
        )
        .argument("[pkgbase]")
        .option(
          "--build",
          "list, show: first build what is held, without publishing it, and compare it with what is published",
        )
        .option(
          "--source",
          "list, show: first fetch the sources of what is held, before and now, and compare them",
        )
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print as JSON, with all findings"),
    load: async () => (await import("../commands/review.ts")).review,
  },
  {
    group: "updates",
    examples: [
      ["sluice audit", "was anything lost?"],
      ["sluice audit --broken", "what is published needs libraries that are gone?"],
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
        .option("--broken", "what published packages need that nothing gives any more, by cause, instead")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/audit.ts")).audit,
  },
  {
    group: "updates",
    examples: [
      ["sluice replay v1..main", "judge what came in between"],
      ["sluice replay --branches 'update-*'", "judge the reviews that are open"],
      ["sluice replay --compare old.jsonl", "what the rules of today make of it that others judged"],
    ],
    define: (program) =>
      workspaceCommand(program, "replay [range]")
        .description("Judge the updates of a workspace's history with the rules of today")
        .option("--author <name>", "only commits of this author")
        .option("--branches <pattern>", "judge branches against main instead, such as 'update-*'")
        .option("--distribution <file>", "names of the distribution's packages, one per line")
        .option("--tags <file>", "tags that prove commits, as JSON lines with url, tag and commit")
        .option("--compare <file>", "show what differs from an earlier run's --json, by verdict and rule")
        .option("--json", "one JSON line per update, or what --compare shows as JSON"),
    load: async () => (await import("../commands/replay.ts")).replay,
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
    load: async () => (await import("../commands/classify.ts")).classify,
  },
];
