import { Option, type Command } from "commander";

// Options that several commands have.

export function buildersCommand(program: Command): Command {
  const found = program.commands.find((command) => command.name() === "builders");
  return found ?? program.command("builders").description("Who may build for this manager");
}

export function keyCommand(program: Command): Command {
  const found = program.commands.find((command) => command.name() === "key");
  return found ?? program.command("key").description("The key that signs what is published");
}

export function tokenCommand(program: Command): Command {
  const found = program.commands.find((command) => command.name() === "token");
  return found ?? program.command("token").description("Who may change things over HTTP");
}

export function operationCommand(program: Command, name: string): Command {
  return workspaceCommand(program, name)
    .option("-n, --dry-run", "show the plan and change nothing")
    .option("--json", "print the plan as JSON");
}

export function buildingCommand(program: Command, name: string): Command {
  return isolatingCommand(program, name)
    .option("--jobs <number>", "builds at a time (default: 1)")
    .option("--cross", "build for other machines' architectures, too: by emulation or a cross compiler");
}

export function isolatingCommand(program: Command, name: string): Command {
  return stateCommand(program, name).addOption(sandboxOption());
}

export function sandboxOption(): Option {
  const sandboxes = ["bubblewrap", "container", "host"];
  return new Option("--sandbox <name>", "how builds are isolated; host: not at all").choices(sandboxes);
}

export function serverOptions(command: Command): Command {
  return command
    .option("--port <number>", "where to serve it (default: 8080)")
    .option("--host <address>", "whom to serve: this machine, or 0.0.0.0 or :: for all (default: 127.0.0.1)")
    .option("--address <url>", "the address by which clients reach it, behind a proxy for example");
}

export function stateCommand(program: Command, name: string): Command {
  return workspaceCommand(program, name).option(
    "--state <dir>",
    "queue, logs, key and package repository (default: .sluice in the workspace)",
  );
}

export function workspaceCommand(program: Command, name: string): Command {
  return program.command(name).option("--root <dir>", "the workspace (default: the one around this folder)");
}
