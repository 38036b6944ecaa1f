import { assigned } from "./assigning.ts";
import { Calls, LeavesFunction } from "./calls.ts";
import { commandName, constantText } from "../grammar/constants.ts";
import { runCompound, type Flow } from "./control-flow.ts";
import { runDeclaration } from "./declaring.ts";
import { type Effects, effectsOf, isInert, type Walk } from "./effects.ts";
import { expandFields } from "./expansion/expand.ts";
import type {
  Assignment,
  Command,
  CompoundCommand,
  FunctionDefinition,
  Pipeline,
  Script,
  SimpleCommand,
  Statement,
} from "../grammar/syntax.ts";
import { type Functions, printedFunction, readText } from "./functions.ts";
import { leavesFunction, substitutes } from "./following.ts";
import { evaluateBracket } from "./conditions.ts";
import { printedText } from "./programs/text-programs.ts";
import type { ShellVariables } from "./shell-variables.ts";
import { Budget, NotStatic, type Status, TooMuchWork, type Unknown, type Variable } from "./values.ts";
import { walkAssignment, walkCommand, walkWord } from "../grammar/walk.ts";

const mostEvals = 500;

/** Runs a recipe's assignments without running a program; what it can't follow becomes unknown. */
export class Shell implements Flow {
  readonly budget = new Budget();
  readonly #functions: Map<string, readonly FunctionDefinition[]>;
  readonly #variables: ShellVariables;
  /** Functions whose definition was come by; where there's another of the same name, it isn't known which counts. */
  readonly #defined: Set<string>;
  readonly #calls = new Calls();
  #stopped = false;
  #evals = 0;
  #line = 0;

  constructor(functions: Functions, variables: ShellVariables, defined: Iterable<string> = []) {
    this.#functions = new Map(functions);
    this.#variables = variables;
    this.#defined = new Set(defined);
  }

  /** A shell with the same functions and variables, which goes its own way from here. */
  fork(): Shell {
    return new Shell(this.#functions, this.#variables.fork(), this.#defined);
  }

  get clean(): boolean {
    return this.#variables.clean;
  }

  /** Whether a function of this name was come by. */
  defines(name: string): boolean {
    return this.#defined.has(name);
  }

  put(name: string, variable: Variable): void {
    this.#variables.store(name, variable, this.#line);
  }

  /** Whether the recipe itself set this variable. */
  sets(name: string): boolean {
    return this.#variables.own(name) !== undefined;
  }

  get arguments(): readonly string[] | undefined {
    return this.#calls.arguments;
  }

  get spoiled(): Unknown | undefined {
    return this.#variables.spoiled;
  }

  /** Those of the file, and those that it makes with `eval`. */
  get functions(): Functions {
    return this.#functions;
  }

  get names(): readonly string[] {
    return this.#variables.names;
  }

  /** What the variable holds at the end; undefined where the recipe doesn't set it. */
  variable(name: string): Variable | undefined {
    return this.#variables.atEnd(name);
  }

  get(name: string): Variable | undefined {
    return this.#variables.read(name, this.#line);
  }

  set(name: string, text: string): void {
    const value = { known: true, text, line: this.#line } as const;
    this.#variables.store(name, { kind: "scalar", value }, this.#line);
  }

  /** `[[ text =~ expression ]]` matched these: the whole and its groups. */
  setMatched(texts: readonly string[]): void {
    this.#variables.setMatched(texts, this.#line);
  }

  /** Whether nothing more is run of a body. */
  get ended(): boolean {
    return this.#stopped || this.#calls.hasReturned;
  }

  run({ statements }: Script): Status {
    let status: Status = true;
    for (const statement of statements) {
      if (this.ended) break;
      status = this.#statement(statement);
    }
    return status;
  }

  #statement({ command, background }: Statement): Status {
    if (background) return undefined;
    return this.#command(command);
  }

  #command(command: Command): Status {
    try {
      this.budget.spend(10);
      switch (command.kind) {
        case "simple":
          return this.#simple(command);
        case "pipeline":
          return this.#pipeline(command);
        case "function":
          this.#defined.add(command.name);
          return true;
        case "compound":
          return this.#compound(command);
        case "chain": {
          let status = this.#command(command.first);
          for (const [position, { operator, command: next }] of command.rest.entries()) {
            if (this.ended) return status;
            if (status === undefined) {
              const skipped = command.rest.slice(position);
              this.blur((visitor) => skipped.forEach((link) => walkCommand(link.command, visitor)));
              return undefined;
            }
            if (status === (operator === "&&")) status = this.#command(next);
          }
          return status;
        }
      }
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      if (error instanceof TooMuchWork) this.#stopped = true;
      this.blur((visitor) => walkCommand(command, visitor));
      return undefined;
    }
  }

  /** Several stages run in subshells each, which can't change this shell's variables. */
  #pipeline({ stages, negated }: Pipeline): Status {
    const [only] = stages;
    if (!only || stages.length > 1) return undefined;
    const status = this.#command(only.command);
    return negated && status !== undefined ? !status : status;
  }

  #simple(command: SimpleCommand): Status {
    this.#line = command.line;
    if (command.words.length === 0) {
      for (const assignment of command.assignments) this.assign(assignment);
      return command.assignments.some(substitutes) || command.redirections.length > 0 ? undefined : true;
    }
    const name = commandName(command);
    if (name !== undefined && this.#functions.has(name)) return this.#call(command, name);
    if (name === "exit" || name === "return") return this.#leave(command, name);
    if (name === "shift") return this.#shift(command);
    const builtin = ["eval", "unset", "declare", "typeset", "local", "export", "readonly"];
    if (command.assignments.length > 0 && name !== undefined && builtin.includes(name))
      throw new NotStatic("an assignment before a builtin that sets variables");
    if (name === "eval") return this.#eval(command);
    if (name === "unset") return this.#unset(command);
    if (name !== undefined && ["declare", "typeset", "local", "export", "readonly"].includes(name)) {
      return this.#declare(command);
    }
    this.#runOutside(command);
    if (name === "true" || name === ":") return true;
    if (name === "false") return false;
    return name === "[" || name === "test" ? evaluateBracket(command, this) : undefined;
  }

  /** Only what its words assign while they're expanded stays, as `: ${name:=value}` does. */
  #runOutside(command: SimpleCommand): void {
    try {
      if (!isInert(command) || command.redirections.length > 0) throw new NotStatic("it has to be run");
      for (const word of command.words) if (word.kind === "word") expandFields(word.word, this);
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.blur((visitor) => walkCommand({ ...command, assignments: [] }, visitor));
    }
    // Those before a command are for its environment alone.
    for (const assignment of command.assignments) {
      this.blur((visitor) => walkAssignment(assignment, { ...visitor, assignment: () => {} }));
    }
  }

  /** A function's variables are those of the recipe unless it declares them. */
  #call(command: SimpleCommand, name: string): Status {
    const [definition, another] = this.#functions.get(name) ?? [];
    const isPlain = command.assignments.length === 0 && command.redirections.length === 0;
    const isFollowed = this.clean && definition && !another && this.#defined.has(name);
    if (!isFollowed || !isPlain || this.#calls.isDeep) throw new NotStatic("a function that isn't followed");
    const given = this.#argumentsOf(command);
    this.#variables.enterFunction();
    try {
      return this.#calls.follow(given, () => this.#command(definition.body));
    } finally {
      this.#variables.leaveFunction();
    }
  }

  #argumentsOf({ words }: SimpleCommand): string[] {
    return words.slice(1).flatMap((argument) => {
      if (argument.kind !== "word") throw new NotStatic("an assignment as an argument");
      return expandFields(argument.word, this);
    });
  }

  #leave(command: SimpleCommand, name: "exit" | "return"): Status {
    if (name === "exit" || !this.#calls.isInside) {
      this.#stopped = true;
      return undefined;
    }
    return this.#calls.leave(this.#argumentsOf(command));
  }

  #shift(command: SimpleCommand): Status {
    this.#calls.shift(this.#argumentsOf(command));
    return true;
  }

  /** Split packages make their functions of others' text; where that text is known, so is what it does. */
  #eval(command: SimpleCommand): Status {
    const text = this.#argumentsOf(command).join(" ");
    this.budget.spend(text.length);
    const read = readText(text, command.line);
    this.#evals += 1;
    if (!read || this.#evals > mostEvals) throw new NotStatic("an eval that isn't followed");
    for (const [name, definitions] of read.functions) {
      this.#functions.set(name, [...(this.#functions.get(name) ?? []), ...definitions]);
    }
    return this.run(read.script);
  }

  /** `declare -f name`, perhaps without its first lines, is the text of a function. */
  output(script: Script): string {
    const text = printedFunction(script, this) ?? (this.clean ? this.#printed(script) : undefined);
    if (text === undefined) throw new NotStatic("a command would have to be run");
    return this.budget.hold(text);
  }

  #printed(script: Script): string {
    return printedText(script, this, (name) => this.#functions.has(name));
  }

  #declare(command: SimpleCommand): Status {
    runDeclaration(command, this, this.#variables, this.#line);
    return undefined;
  }

  #unset(command: SimpleCommand): Status {
    for (const argument of command.words.slice(1)) {
      const text = argument.kind === "word" ? constantText(argument.word) : undefined;
      if (text === "-v" || (text !== undefined && /^[A-Za-z_]\w*$/.test(text))) this.#variables.unset(text);
      else this.#spoil("what it unsets isn't followed");
    }
    return true;
  }

  #compound({ compound, line, redirections }: CompoundCommand): Status {
    this.#line = line;
    if (redirections.length > 0)
      this.blur((visitor) => redirections.forEach(({ target }) => walkWord(target, visitor)));
    return runCompound(compound, this);
  }

  assign(assignment: Assignment): void {
    const { name, line } = assignment;
    this.#line = line;
    if (this.spoiled) return;
    try {
      this.#variables.store(name, assigned(this.#variables.own(name), assignment, this), line);
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.blur((visitor) => walkAssignment(assignment, visitor));
      this.#variables.spoilName(name, error.message, line);
    }
  }

  /** Whatever this may change is unknown from here on. */
  blur(walk: Walk): void {
    if (this.#calls.isInside && leavesFunction(walk))
      throw new LeavesFunction("a function that isn't followed");
    if (this.spoiled) return;
    const effects = this.#effects(walk);
    if (effects.any !== undefined) this.#spoil(effects.any);
    for (const name of effects.names) {
      this.#variables.spoilName(name, "it's assigned under a condition that isn't followed", this.#line);
    }
  }

  #effects(walk: Walk): Effects {
    try {
      return effectsOf(walk, this.#functions, this.budget);
    } catch (error) {
      if (!(error instanceof TooMuchWork)) throw error;
      this.#stopped = true;
      return { names: new Set(), any: error.message };
    }
  }

  #spoil(reason: string): void {
    this.#variables.spoil(reason, this.#line);
  }
}
