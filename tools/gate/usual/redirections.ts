import type { Command, Redirection } from "../../pkgbuild/grammar/syntax.ts";

/** Redirections of a statement's groups, loops and functions, which a walk shows of simple commands alone. */
export function groupRedirections(command: Command): readonly Redirection[] {
  switch (command.kind) {
    case "compound":
      return command.redirections;
    case "function":
      return command.body.redirections;
    case "chain":
      return [command.first, ...command.rest.map((link) => link.command)].flatMap(groupRedirections);
    case "pipeline":
      return command.stages.flatMap((stage) => groupRedirections(stage.command));
    case "simple":
      return [];
  }
}
