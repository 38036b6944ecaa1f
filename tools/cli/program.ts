import { readFileSync } from "node:fs";
import { Command } from "commander";
import { groups, type CommandEntry } from "./command-entry.ts";
import { commands } from "./commands.ts";
import { exitCodes } from "./exit-codes.ts";
import { packageRoot } from "./package-root.ts";

/** One command of the table, and what commander makes of it. */
export interface DefinedCommand {
  readonly entry: CommandEntry;
  readonly command: Command;
}

/** All commands as commander knows them, with help; none is loaded. */
export function createProgram(): { program: Command; defined: readonly DefinedCommand[] } {
  const program = new Command("sluice")
    .description("Keeps a pacman package repository in Git.")
    .version(sluiceVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .commandsGroup(`${groups.setup}:`)
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...operandsOf(command)].join(" ") })
    .helpCommand("help [command]", "Show help for a command")
    .addHelpText("after", moreHelp)
    .exitOverride()
    .showHelpAfterError("next: `sluice help COMMAND` shows what a command takes, `sluice help` all commands.")
    .showSuggestionAfterError();
  const order = Object.keys(groups);
  const sorted = commands.toSorted((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  const defined = sorted.map((entry) => {
    const command = entry.define(program).addHelpText("after", () => examplesHelp(entry));
    topCommand(command, program).helpGroup(`${groups[entry.group]}:`);
    return { entry, command };
  });
  return { program, defined };
}

/** As usage shows them: `<range>`, `[pkgbase...]`. */
export function operandsOf(command: Command): string[] {
  return command.registeredArguments.map((operand) => {
    const name = `${operand.name()}${operand.variadic ? "..." : ""}`;
    return operand.required ? `<${name}>` : `[${name}]`;
  });
}

/** As package.json says it. */
export function sluiceVersion(): string {
  const { version } = JSON.parse(readFileSync(`${packageRoot}/package.json`, "utf8")) as { version: string };
  return version;
}

/** `template` of `template update`. */
function topCommand(command: Command, program: Command): Command {
  const { parent } = command;
  return parent === null || parent === program ? command : topCommand(parent, program);
}

function examplesHelp({ examples }: CommandEntry): string {
  return `\nExamples:\n${aligned(examples)}`;
}

function moreHelp(): string {
  return `
Exit codes:
${aligned(Object.entries(exitCodes))}

\`sluice help COMMAND\` has options and examples. Documentation: ${packageRoot}/docs`;
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
