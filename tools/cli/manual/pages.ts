import type { Command } from "commander";
import { groups } from "../command-entry.ts";
import { createProgram, operandsOf } from "../program.ts";

/** What there is to say about one command. */
export interface CommandPage {
  /** `template update` */
  readonly name: string;
  readonly group: string;
  /** `why <pkgbase>` */
  readonly usage: string;
  readonly description: string;
  readonly options: readonly { readonly flags: string; readonly about: string }[];
  readonly examples: readonly (readonly [line: string, purpose: string])[];
}

/** All commands, in the order of help. */
export function commandPages(): CommandPage[] {
  const { defined } = createProgram();
  return defined.map(({ entry, command }) => {
    const name = fullName(command);
    return {
      name,
      group: groups[entry.group],
      usage: [name, ...operandsOf(command)].join(" "),
      description: command.description(),
      options: command.options.map((option) => ({
        flags: option.flags,
        about: [option.description, option.argChoices && `one of ${option.argChoices.join(", ")}`]
          .filter(Boolean)
          .join("; "),
      })),
      examples: entry.examples,
    };
  });
}

function fullName(command: Command): string {
  return command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
