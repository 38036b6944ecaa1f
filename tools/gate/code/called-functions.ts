import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Functions } from "../../pkgbuild/evaluation/functions.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import type { Command } from "../../pkgbuild/grammar/syntax.ts";
import { type Visitor, walkCommand } from "../../pkgbuild/grammar/walk.ts";

/** Names of the functions that run when this does, over any number of steps. */
export function calledBy(command: Command, functions: Functions): Set<string> {
  const called = new Set<string>();
  const call = (name: string): void => void called.add(name);
  const visitor: Visitor = {
    simple(simple) {
      const name = commandName(simple);
      if (name !== undefined && functions.has(name)) call(name);
      else if (name === undefined || /^(?:eval|trap|command_not_found_handle)$/.test(name)) {
        for (const mentioned of mentionedIn(normaliseCommand(simple), functions)) call(mentioned);
      }
    },
  };
  walkCommand(command, visitor);
  // A set is gone through to its end, with what is added meanwhile.
  for (const name of called) for (const { body } of functions.get(name) ?? []) walkCommand(body, visitor);
  return called;
}

/** A text that defines a package's function, as split packages have it, calls none. */
function mentionedIn(form: string, functions: Functions): string[] {
  if (form.startsWith('"eval" "package_')) return [];
  const words = new Set(form.match(/[\w@.+-]+/g));
  return [...functions.keys()].filter((name) => words.has(name));
}
