import { Argument, Option } from "commander";
import type { CommandEntry } from "../command-entry.ts";
import { workspaceCommand } from "./shared-options.ts";

export const setup: readonly CommandEntry[] = [
  {
    group: "setup",
    examples: [
      ["sluice init mypackages --gitlab", "a new workspace with pipelines for GitLab"],
      [
        "sluice init --release garage ../garage",
        "a first release.toml and scripts, by what that clone contains",
      ],
      ["sluice init --from-chaotic --dry-run", "what would taking over this repository change?"],
      ["sluice init mine --from-list packages.txt", "a new workspace of these packages of the AUR"],
      ["sluice init --from-lilac --name archlinuxcn --dry-run", "the same of a repository that lilac builds"],
    ],
    define: (program) =>
      program
        .command("init [dir]")
        .description(
          "Make a workspace of an empty folder or one of PKGBUILDs, or take over one of Chaotic-AUR's or lilac's kind",
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
        .option(
          "--release <project>",
          "add releases/PROJECT for the clone in DIR to the workspace around this folder",
        )
        .option("--from-chaotic", "replace the bash pipelines of the repository in DIR by Sluice's")
        .option(
          "--from-lilac",
          "convert lilac.yaml and lilac.py of the repository in DIR, whose Python is never run",
        )
        .option(
          "--from-list <file>",
          "packages of the AUR by name, with what they need of it; - reads standard input",
        )
        .option("--from-aurcache <db>", "the packages of AURCache's SQLite database")
        .option("--commit", "commit what was done")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("../commands/init.ts")).init,
  },
  {
    group: "setup",
    examples: [["sluice template update --dry-run", "what is new in the CI files?"]],
    define: (program) =>
      workspaceCommand(program.command("template").description("The CI files of this workspace"), "update")
        .description("Take the CI files of TEMPLATE_REPO at its newest signed tag")
        .option("-n, --dry-run", "show the plan and change nothing")
        .option("--json", "print the plan as JSON"),
    load: async () => (await import("../commands/template-update.ts")).templateUpdate,
  },
  {
    group: "setup",
    examples: [["sluice version", "which Sluice is this?"]],
    define: (program) =>
      program
        .command("version")
        .description("Print the version")
        .option("--json", "print as JSON, with Node's"),
    load: async () => (await import("../commands/version.ts")).version,
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
    load: async () => (await import("../commands/completion.ts")).completion,
  },
];
