import { Command, CommanderError } from "commander";
import { SluiceError } from "../errors.ts";
import { commands } from "./commands.ts";
import { reportBug, reportError } from "./report.ts";

/** Runs one command and returns the exit code: 0 done, 1 something needs a person, 2 wrong usage or a bug. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("sluice")
    .description("Keeps a pacman package repository in Git.")
    .helpCommand("help [command]", "Show help for a command")
    .exitOverride()
    .showHelpAfterError("Run `sluice help` for all commands.")
    .showSuggestionAfterError();
  for (const { define, load, examples = [] } of commands) {
    define(program)
      .addHelpText("after", examplesHelp(examples))
      .exitOverride()
      .action(async (...given: unknown[]) => {
        const command = await load();
        const options = given.at(-2);
        const operands = given.slice(0, -2);
        exitCode = await command(options as never, ...(operands as never[]));
      });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof SluiceError) return reportError(error);
    return reportBug(error);
  }
}

function examplesHelp(examples: readonly (readonly [line: string, purpose: string])[]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, purpose]) => `  ${line.padEnd(width)}  ${purpose}`);
  return lines.length === 0 ? "" : `\nExamples:\n${lines.join("\n")}`;
}
