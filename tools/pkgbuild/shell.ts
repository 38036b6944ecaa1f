import { commandName, constantText } from "./constants.ts";
import { type Effects, effectsOf, isInert, type Walk } from "./effects.ts";
import { expandAssigned, expandFields, indexKey, isOneField, type Scope, valueOf } from "./expand.ts";
import type {
  ArrayElement,
  Assignment,
  Command,
  CompoundCommand,
  FunctionDefinition,
  Pipeline,
  Script,
  SimpleCommand,
  Statement,
  Word,
} from "./syntax.ts";
import { type Functions, functionsIn, printedFunction, readText } from "./functions.ts";
import { evaluateBracket, evaluateTest, matchesCase } from "./conditions.ts";
import { Budget, NotStatic, textOf, TooMuchWork, type Unknown, type Value, type Variable } from "./values.ts";
import { type Visitor, walkCommand, walkScript, walkWord } from "./walk.ts";

/** What a command returned; undefined where that can't be told. */
export type Status = boolean | undefined;

/** Variables that makepkg sets or unsets before it reads a recipe, so that the environment's don't count. */
const unsetByMakepkg =
  /^(?:pkg(?:name|base|ver|rel|desc)|epoch|url|license|groups|install|changelog|arch|backup|options|noextract|validpgpkeys|(?:make|check|opt)?depends(?:_\w+)?|(?:conflicts|provides|replaces|source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?)$/;

const whileBuilding = new Set([
  "srcdir",
  "pkgdir",
  "startdir",
  "BUILDDIR",
  "SRCDEST",
  "PKGDEST",
  "SRCPKGDEST",
]);

const mostRounds = 2_000;
const mostEvals = 500;

/** Runs a recipe's assignments without running a program; what it can't follow becomes unknown. */
export class Shell implements Scope {
  readonly budget = new Budget();
  readonly #functions: Map<string, readonly FunctionDefinition[]>;
  readonly #carch: string | undefined;
  readonly #variables = new Map<string, Variable>();
  readonly #readonly = new Set<string>();
  #spoiled: Unknown | undefined;
  #stopped = false;
  #evals = 0;
  #line = 0;

  constructor(functions: Functions, carch: string | undefined) {
    this.#functions = new Map(functions);
    this.#carch = carch;
  }

  /** A shell with the same functions and variables, which goes its own way from here. */
  fork(): Shell {
    const forked = new Shell(this.#functions, this.#carch);
    for (const [name, variable] of this.#variables) forked.#variables.set(name, variable);
    for (const name of this.#readonly) forked.#readonly.add(name);
    forked.#spoiled = this.#spoiled;
    return forked;
  }

  get spoiled(): Unknown | undefined {
    return this.#spoiled;
  }

  /** Those of the file, and those that it makes with `eval`. */
  get functions(): Functions {
    return this.#functions;
  }

  get names(): readonly string[] {
    return [...this.#variables.keys()];
  }

  /** What the variable holds at the end; undefined where the recipe doesn't set it. */
  variable(name: string): Variable | undefined {
    if (this.#spoiled) return { kind: "unknown", value: this.#spoiled };
    return this.#variables.get(name);
  }

  get(name: string): Variable | undefined {
    if (this.#spoiled) throw new NotStatic(this.#spoiled.reason);
    const own = this.#variables.get(name);
    if (own) return own;
    if (name === "CARCH" && this.#carch !== undefined) {
      return { kind: "scalar", value: { known: true, text: this.#carch, line: this.#line } };
    }
    if (name === "CARCH") throw new NotStatic("it depends on the architecture");
    if (whileBuilding.has(name)) throw new NotStatic(`$${name} is known only while building`);
    if (name === "IFS" || /^_./.test(name) || unsetByMakepkg.test(name)) return undefined;
    throw new NotStatic(`$${name} isn't set by the recipe`);
  }

  set(name: string, text: string): void {
    this.#store(name, { kind: "scalar", value: { known: true, text, line: this.#line } });
  }

  run({ statements }: Script): Status {
    let status: Status = true;
    for (const statement of statements) {
      if (this.#stopped) break;
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
          return true;
        case "compound":
          return this.#compound(command);
        case "chain": {
          let status = this.#command(command.first);
          for (const [position, { operator, command: next }] of command.rest.entries()) {
            if (this.#stopped) return status;
            if (status === undefined) {
              const skipped = command.rest.slice(position);
              this.#blur((visitor) => skipped.forEach((link) => walkCommand(link.command, visitor)));
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
      this.#blur((visitor) => walkCommand(command, visitor));
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
    if (name !== undefined && this.#functions.has(name)) return this.#call(command);
    if (name === "exit" || name === "return") {
      this.#stopped = true;
      return undefined;
    }
    if (name === "eval") return this.#eval(command);
    if (name === "unset") return this.#unset(command);
    if (name !== undefined && ["declare", "typeset", "local", "export", "readonly"].includes(name)) {
      return this.#declare(command);
    }
    this.#runOutside(command);
    if (name === "true" || name === ":") return true;
    if (name === "false") return false;
    return name === "[" ? evaluateBracket(command, this) : undefined;
  }

  /** Only what its words assign while they're expanded stays, as `: ${name:=value}` does. */
  #runOutside(command: SimpleCommand): void {
    try {
      if (!isInert(command) || command.redirections.length > 0) throw new NotStatic("it has to be run");
      for (const word of command.words) if (word.kind === "word") expandFields(word.word, this);
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.#blur((visitor) => walkCommand({ ...command, assignments: [] }, visitor));
    }
    // Those before a command are for its environment alone.
    for (const assignment of command.assignments) {
      this.#blur((visitor) => visitAssigned(assignment, { ...visitor, assignment: () => {} }));
    }
  }

  /** A function's own variables are those of the recipe unless it declares them local; that isn't followed. */
  #call(command: SimpleCommand): Status {
    this.#blur((visitor) => walkCommand(command, visitor));
    return undefined;
  }

  /** Split packages make their functions of others' text; where that text is known, so is what it does. */
  #eval(command: SimpleCommand): Status {
    const words = command.words.slice(1).flatMap((argument) => {
      if (argument.kind !== "word") throw new NotStatic("an assignment as an argument");
      return expandFields(argument.word, this);
    });
    const text = words.join(" ");
    this.budget.spend(text.length);
    const script = readText(text, command.line);
    this.#evals += 1;
    if (!script || this.#evals > mostEvals) throw new NotStatic("an eval that isn't followed");
    for (const [name, definitions] of functionsIn(script)) {
      this.#functions.set(name, [...(this.#functions.get(name) ?? []), ...definitions]);
    }
    return this.run(script);
  }

  /** `declare -f name`, perhaps without its first lines, is the text of a function. */
  output(script: Script): string {
    const text = this.budget.hold(printedFunction(script, this) ?? "");
    if (text === "") throw new NotStatic("a command would have to be run");
    return text;
  }

  #declare(command: SimpleCommand): Status {
    let associative = false;
    let followed = true;
    const readOnly = commandName(command) === "readonly";
    for (const argument of command.words.slice(1)) {
      if (argument.kind === "assignment") {
        const { name } = argument.assignment;
        if (associative && !this.#variables.has(name)) this.#declareAssociative(name);
        this.assign(argument.assignment);
        if (!followed) this.#spoilName(name, "its declaration isn't followed");
        if (readOnly) this.#readonly.add(name);
        continue;
      }
      const text = constantText(argument.word);
      const [, quotedName, quotedText] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text ?? "") ?? [];
      if (quotedName !== undefined && quotedText !== undefined && followed && !associative) {
        this.set(quotedName, quotedText);
      } else if (text === undefined || !/^(?:-[a-zA-Z]+|[A-Za-z_]\w*)$/.test(text)) {
        this.#spoil("its declaration isn't followed");
      } else if (text.startsWith("-")) {
        associative ||= text.includes("A");
        followed &&= /^-[aAgrx]+$/.test(text);
        if (text.includes("n") || text.includes("i")) this.#spoil("it declares a reference or an integer");
      } else if (associative) {
        this.#declareAssociative(text);
      } else if (!followed) {
        this.#spoilName(text, "its declaration isn't followed");
      }
    }
    return undefined;
  }

  #declareAssociative(name: string): void {
    this.#variables.set(name, { kind: "array", associative: true, elements: new Map(), line: this.#line });
  }

  #unset(command: SimpleCommand): Status {
    for (const argument of command.words.slice(1)) {
      const text = argument.kind === "word" ? constantText(argument.word) : undefined;
      if (text === "-v" || (text !== undefined && /^[A-Za-z_]\w*$/.test(text))) this.#variables.delete(text);
      else this.#spoil("what it unsets isn't followed");
    }
    return true;
  }

  #compound({ compound, line, redirections }: CompoundCommand): Status {
    this.#line = line;
    if (redirections.length > 0)
      this.#blur((visitor) => redirections.forEach(({ target }) => walkWord(target, visitor)));
    switch (compound.kind) {
      case "group":
        return this.run(compound.body);
      case "subshell":
        return undefined;
      case "test":
        return evaluateTest(compound.expression, this);
      case "if": {
        for (const { condition, body } of compound.branches) {
          const status = this.run(condition);
          if (this.#stopped) return status;
          if (status === undefined) throw new NotStatic("a condition");
          if (status) return this.run(body);
        }
        return compound.otherwise ? this.run(compound.otherwise) : true;
      }
      case "case": {
        for (const item of compound.items) {
          if (item.end !== ";;") throw new NotStatic("a case that goes on");
          if (matchesCase(compound.subject, item.patterns, this)) return this.run(item.body);
        }
        return true;
      }
      case "for":
        if (!compound.words || leavesEarly(compound.body)) break;
        return this.#for(compound.name, compound.words, compound.body);
      default:
    }
    throw new NotStatic("a loop");
  }

  #for(name: string, words: readonly Word[], body: Script): Status {
    const fields = words.flatMap((word) => expandFields(word, this));
    if (fields.length > mostRounds) throw new NotStatic("a long loop");
    let status: Status = true;
    for (const text of fields) {
      this.budget.spend(1);
      this.set(name, text);
      status = this.run(body);
      if (this.#stopped) break;
    }
    return status;
  }

  assign(assignment: Assignment): void {
    const { name, value, line, index, append } = assignment;
    this.#line = line;
    const old = this.#variables.get(name);
    try {
      if (this.#spoiled) return;
      if (value.kind === "array" && !index) {
        this.#store(name, this.#array(append ? old : undefined, old, value.elements, line));
      } else if (value.kind === "scalar" && index) {
        this.#store(name, this.#withElement(old, { index, append, word: value.word }, line));
      } else if (value.kind === "scalar") {
        this.#store(name, this.#scalar(old, value.word, append, line));
      }
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.#blur((visitor) => visitAssigned(assignment, visitor));
      this.#variables.set(name, { kind: "unknown", value: { known: false, reason: error.message, line } });
    }
  }

  #scalar(old: Variable | undefined, word: Word, append: boolean, line: number): Variable {
    // Without a subscript the first element of an array is meant.
    if (old?.kind === "array") return this.#withElement(old, { index: undefined, append, word }, line);
    const before = append ? (valueOf(old) ?? "") : "";
    const value = this.#value(word, line, before);
    return { kind: "scalar", value };
  }

  /** The value of a word that is one word whatever it comes to. */
  #value(word: Word, line: number, before = ""): Value {
    try {
      return { known: true, text: this.budget.hold(before + expandAssigned(word, this)), line };
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.#blur((visitor) => walkWord(word, visitor));
      return { known: false, reason: error.message, line };
    }
  }

  #array(
    base: Variable | undefined,
    old: Variable | undefined,
    added: readonly ArrayElement[],
    line: number,
  ): Variable {
    if (base?.kind === "unknown") return base;
    const associative = old?.kind === "array" && old.associative;
    const elements = this.#copyOf(base);
    let next = associative ? 0 : nextIndex(elements);
    for (const element of added) {
      const { line } = element.word;
      if (element.index || associative) {
        if (!element.index) throw new NotStatic("an associative array without keys");
        const current: Variable = { kind: "array", associative, elements, line };
        const key = indexKey(current, element.index, this);
        const before = element.append ? textOf(elements.get(key) ?? { known: true, text: "", line }) : "";
        elements.set(key, this.#value(element.word, line, before));
        if (!associative) next = Number(key) + 1;
        continue;
      }
      for (const value of this.#fields(element.word)) {
        elements.set(String(next), value);
        next += 1;
      }
    }
    return { kind: "array", associative, elements, line };
  }

  /** One unknown element where it's one in any case; else not even their number is known. */
  #fields(word: Word): Value[] {
    const { line } = word;
    try {
      return expandFields(word, this).map((text) => ({ known: true, text, line }));
    } catch (error) {
      if (!(error instanceof NotStatic) || !isOneField(word)) throw error;
      this.#blur((visitor) => walkWord(word, visitor));
      return [{ known: false, reason: error.message, line }];
    }
  }

  #withElement(
    old: Variable | undefined,
    { index, append, word }: { index: Word | undefined; append: boolean; word: Word },
    line: number,
  ): Variable {
    if (old?.kind === "unknown") return old;
    const associative = old?.kind === "array" && old.associative;
    const elements = this.#copyOf(old);
    const key = index ? indexKey({ kind: "array", associative, elements, line }, index, this) : "0";
    const before = append ? textOf(elements.get(key) ?? { known: true, text: "", line }) : "";
    elements.set(key, this.#value(word, line, before));
    return { kind: "array", associative, elements, line };
  }

  #copyOf(variable: Variable | undefined): Map<string, Value> {
    if (variable?.kind === "scalar") return new Map([["0", variable.value]]);
    if (variable?.kind !== "array") return new Map();
    this.budget.spend(variable.elements.size);
    return new Map(variable.elements);
  }

  #store(name: string, variable: Variable): void {
    if (this.#readonly.has(name)) this.#spoil(`it assigns to $${name}, which is read-only`);
    this.#variables.set(name, variable);
  }

  /** Whatever this may change is unknown from here on. */
  #blur(walk: Walk): void {
    if (this.#spoiled) return;
    const effects = this.#effects(walk);
    if (effects.any !== undefined) this.#spoil(effects.any);
    for (const name of effects.names) {
      this.#spoilName(name, "it's assigned under a condition that isn't followed");
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

  #spoilName(name: string, reason: string): void {
    this.#variables.set(name, { kind: "unknown", value: { known: false, reason, line: this.#line } });
  }

  #spoil(reason: string): void {
    this.#spoiled ??= { known: false, reason, line: this.#line };
  }
}

function nextIndex(elements: ReadonlyMap<string, Value>): number {
  let next = 0;
  for (const key of elements.keys()) next = Math.max(next, Number(key) + 1);
  return next;
}

function substitutes(assignment: Assignment): boolean {
  let found = false;
  visitAssigned(assignment, { part: (part) => void (found ||= part.kind === "substitution") });
  return found;
}

function visitAssigned(assignment: Assignment, visitor: Visitor): void {
  walkCommand(
    { kind: "simple", line: assignment.line, assignments: [assignment], words: [], redirections: [] },
    visitor,
  );
}

function leavesEarly(body: Script): boolean {
  let found = false;
  walkScript(body, {
    simple: (command) => void (found ||= /^(?:break|continue|return|exit)$/.test(commandName(command) ?? "")),
  });
  return found;
}
