import type { CommandEntry } from "../command-entry.ts";
import { serverOptions, stateCommand, tokenCommand } from "./shared-options.ts";

/** What people see, and what they may change there. */
export const serving: readonly CommandEntry[] = [
  {
    group: "building",
    examples: [["sluice web --port 8081", "the pages alone, while another process builds"]],
    define: (program) =>
      serverOptions(stateCommand(program, "web"))
        .description("Serve the package repository, its pages and its API, beside a `sluice up` that builds")
        .option("--json", "print the address as JSON"),
    load: async () => (await import("../commands/web.ts")).web,
  },
  {
    group: "building",
    examples: [
      ["sluice token make ann", "a token with which Ann may do everything on the pages and over the API"],
      ["sluice token make ci --allow build", "one that may only ask for builds"],
    ],
    define: (program) =>
      stateCommand(tokenCommand(program), "make <name>")
        .description("Make a token for changing things over HTTP, and print it")
        .option("--allow <actions>", "build, cancel, set-aside, hold, drain; with commas (default: all)")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/token.ts")).tokenMake,
  },
  {
    group: "building",
    examples: [["sluice token revoke ann", "what is asked for with it is refused from now on"]],
    define: (program) =>
      stateCommand(tokenCommand(program), "revoke <name>")
        .description("Let a token count no more")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/token.ts")).tokenRevoke,
  },
  {
    group: "building",
    examples: [["sluice token list", "which tokens there are, and what each allows"]],
    define: (program) =>
      stateCommand(tokenCommand(program), "list")
        .description("The tokens' names, and what each allows")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/token.ts")).tokenList,
  },
  {
    group: "building",
    examples: [["sluice token log", "who did what over HTTP"]],
    define: (program) =>
      stateCommand(tokenCommand(program), "log")
        .description("Who did what with a token, the latest first")
        .option("--json", "print as JSON"),
    load: async () => (await import("../commands/token.ts")).tokenLog,
  },
];
