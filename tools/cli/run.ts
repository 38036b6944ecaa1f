import { CommanderError, type Command } from "commander";
import { SluiceError } from "../errors.ts";
import { createProgram } from "./program.ts";
import { nearestName } from "../nearest-name.ts";
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
    requireHelpTopic(program, args);
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof SluiceError) return reportError(error);
    return reportBug(error);
  }
}

/** Asked for help about a command that there isn't, commander shows the help of all. */
function requireHelpTopic(program: Command, args: readonly string[]): void {
  const isAsked = args[0] === "help" || args.some((word) => word === "--help" || word === "-h");
  const [topic = ""] = args[0] === "help" ? args.slice(1) : args;
  const known = program.createHelp().visibleCommands(program);
  if (!isAsked || topic === "" || topic.startsWith("-") || known.some((each) => each.name() === topic))
    return;
  const nearest = nearestName(
    topic,
    known.map((each) => each.name()),
  );
  const meant = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
  throw new SluiceError("usage", `there is no command ${JSON.stringify(topic)}${meant}`, {
    hint: "Run `sluice help` for all commands.",
  });
}
