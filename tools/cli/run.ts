import { CommanderError } from "commander";
import { SluiceError } from "../errors.ts";
import { createProgram } from "./program.ts";
import { reportBug, reportError } from "./output/report.ts";

/** Runs one command and returns the exit code: 0 done, 1 something needs a person, 2 wrong usage or a bug. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const { program, defined } = createProgram();
  for (const { entry, command } of defined) {
    command.action(async (...given: unknown[]) => {
      const carryOut = await entry.load();
      const options = given.at(-2);
      const operands = given.slice(0, -2);
      exitCode = await carryOut(options as never, ...(operands as never[]), program as never);
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
