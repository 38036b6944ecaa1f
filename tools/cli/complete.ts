import type { Argument, Command, Option } from "commander";

/** What may stand where the cursor is. */
export type Completion =
  | { readonly kind: "words"; readonly words: readonly Candidate[] }
  /** The shell knows best. */
  | { readonly kind: "files" | "folders" };

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** What is known only once it's asked for: the packages of the workspace named by `--root`, if any. */
export type ListPackages = (root: string | undefined) => readonly string[];

/**
 * What may follow on a command line.
 *
 * @param words without the program's name; the last one is what was begun, maybe nothing
 */
export function complete(program: Command, words: readonly string[], packages: ListPackages): Completion {
  const current = words.at(-1) ?? "";
  const line = read(program, words.slice(0, -1));
  const list = (): readonly string[] => packages(line.values.get("root"));
  const isOption = line.optionsMayFollow && current.startsWith("-");
  if (line.open && !(isOption && line.open.variadic)) return valuesOf(line.open, current, "", list);
  if (isOption) return completeOption(line.command, current, list);
  const { command, operands } = line;
  const subcommands = commandCandidates(command);
  if (subcommands.length > 0) return operands === 0 ? matching(subcommands, current) : nothing;
  if (isHelp(command)) return matching(commandCandidates(program), current);
  const expected = command.registeredArguments.at(operands) ?? command.registeredArguments.at(-1);
  if (expected && (expected.variadic || operands < command.registeredArguments.length)) {
    return valuesOf(expected, current, "", list);
  }
  return line.optionsMayFollow ? matching(optionCandidates(command), current) : nothing;
}

interface Line {
  readonly command: Command;
  readonly operands: number;
  /** By the option's long name. */
  readonly values: ReadonlyMap<string, string>;
  /** The option whose value comes next. */
  readonly open: Option | undefined;
  readonly optionsMayFollow: boolean;
}

/** Follows the words as commander would. */
function read(program: Command, words: readonly string[]): Line {
  let command = program;
  let operands = 0;
  let open: Option | undefined;
  let optionsMayFollow = true;
  const values = new Map<string, string>();
  for (const word of words) {
    const isOption = optionsMayFollow && word.startsWith("-") && word !== "-";
    if (open && !(isOption && open.variadic)) {
      values.set(open.name(), word);
      if (!open.variadic) open = undefined;
    } else if (isOption) {
      open = undefined;
      if (word === "--") optionsMayFollow = false;
      const [flag = "", value] = splitValue(word);
      const option = optionOf(command, flag);
      if (!option?.required) continue;
      if (value === undefined) open = option;
      else values.set(option.name(), value);
    } else {
      const next = operands === 0 ? subcommandOf(command, word) : undefined;
      if (next) command = next;
      else operands++;
    }
  }
  return { command, operands, values, open, optionsMayFollow };
}

function splitValue(word: string): string[] {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => flag === long || flag === short);
}

function completeOption(command: Command, current: string, packages: () => readonly string[]): Completion {
  const [flag = "", value] = splitValue(current);
  if (value === undefined) return matching(optionCandidates(command), current);
  const option = optionOf(command, flag);
  return option?.required ? valuesOf(option, value, `${flag}=`, packages) : nothing;
}

/** What a value may be: one of its choices, else what its name in the help says. */
function valuesOf(
  wanted: Option | Argument,
  begun: string,
  prefix: string,
  packages: () => readonly string[],
): Completion {
  const words = (values: readonly string[]): Completion =>
    matching(
      values.map((value) => ({ value: `${prefix}${value}`, about: "" })),
      `${prefix}${begun}`,
    );
  if (wanted.argChoices) return words(wanted.argChoices);
  const name = "flags" in wanted ? (/[<[]([\w-]+)/.exec(wanted.flags)?.[1] ?? "") : wanted.name();
  if (name === "pkgbase") return words(packages());
  if (/(?:^|-)dir$/.test(name)) return { kind: "folders" };
  return name === "file" || name === "schedule" ? { kind: "files" } : nothing;
}

const nothing: Completion = { kind: "words", words: [] };

function matching(candidates: readonly Candidate[], begun: string): Completion {
  return { kind: "words", words: candidates.filter(({ value }) => value.startsWith(begun)) };
}

function commandCandidates(command: Command): Candidate[] {
  return subcommandsOf(command).map((each) => ({ value: each.name(), about: each.description() }));
}

function optionCandidates(command: Command): Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map(({ long, short, description }) => ({ value: long ?? short ?? "", about: description }));
}

function subcommandOf(command: Command, name: string): Command | undefined {
  return subcommandsOf(command).find((each) => each.name() === name);
}

/** With `help`, but not of a command that has nothing else. */
function subcommandsOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [] : command.createHelp().visibleCommands(command);
}

function isHelp(command: Command): boolean {
  return command.name() === "help";
}
