import { ShellVariables, type Surroundings } from "./shell-variables.ts";
import { Shell } from "./shell.ts";
import { printedLines } from "./printed-lines.ts";
import type { Recipe } from "../recipe.ts";
import type { Assignment, Compound, Script } from "../grammar/syntax.ts";
import { type Unknown, type Value, type Variable, valuesInOrder } from "./values.ts";

export interface EvaluateOptions {
  /** The architecture that `$CARCH` means; without one, what depends on it is unknown. */
  readonly carch?: string;
  /**
   * As `makepkg --printsrcinfo` reads it on a build machine: by bash 5.2 or newer, with nothing in the environment but
   * what makepkg needs. Else a variable that the recipe doesn't set may be set there, and is unknown.
   */
  readonly clean?: boolean;
}

/** What a recipe's variables hold once it has been read, as far as its text alone tells. */
export interface Evaluation {
  /** Undefined where the recipe doesn't set it. */
  get(name: string): Variable | undefined;
  /** `$name`; of an array its first element. */
  scalar(name: string): Value | undefined;
  /** The elements in order; a scalar counts as one. Unknown where even their number is. */
  list(name: string): readonly Value[] | Unknown | undefined;
  /** Names of all variables that the recipe sets, in the order of their first assignment. */
  readonly names: readonly string[];
  /** Why nothing in this file can be known, where it runs something that may change any variable. */
  readonly spoiled: Unknown | undefined;
  /**
   * With what `package_NAME()`, or `package()`, assigns on top: every assignment that stands in the function as a
   * command of its own, whatever the conditions around it.
   */
  package(pkgname: string): PackageEvaluation;
  /** What `makepkg --printsrcinfo` takes for this package. */
  printed(pkgname: string): PrintedPackage;
}

/** Only what the package's function sets; undefined for the rest, for which the base's values count. */
export interface PrintedPackage {
  /** No other field can be set. */
  readonly named: ReadonlySet<string>;
  single(field: string): Value | undefined;
  list(field: string): readonly Value[] | Unknown | undefined;
}

/** The variables as a package's function sees and sets them. */
export interface PackageEvaluation extends Evaluation {
  /** Names of the variables that the function assigns. */
  readonly assigned: ReadonlySet<string>;
}

/**
 * Evaluates a recipe's top level as bash would, running nothing: commands' output, the machine and the
 * builder's environment are unknown, and so is all that depends on them. Work and memory are bounded.
 */
export function evaluate(recipe: Recipe, { carch, clean = false }: EvaluateOptions = {}): Evaluation {
  const known = evaluations.get(recipe) ?? new Map<string, Evaluation>();
  evaluations.set(recipe, known);
  // What doesn't mention it is the same for every architecture.
  const own = recipe.text.includes("CARCH") ? carch : undefined;
  const key = `${clean} ${own}`;
  const evaluation = known.get(key) ?? evaluateOnce(recipe, { carch: own, clean });
  known.set(key, evaluation);
  return evaluation;
}

const evaluations = new WeakMap<Recipe, Map<string, Evaluation>>();

/** The same for who asks once for each recipe: nothing is remembered. */
export function evaluateOnce(recipe: Recipe, surroundings: Surroundings): Evaluation {
  const shell = new Shell(recipe.functions, new ShellVariables(surroundings));
  shell.run(recipe.script);
  return evaluationOf(shell);
}

function evaluatePackage(topLevel: Shell, pkgname: string): PackageEvaluation {
  const shell = topLevel.fork();
  const own = `package_${pkgname}`;
  const name = shell.functions.has(own) ? own : "package";
  const body = shell.functions.get(name)?.at(-1)?.body.compound;
  const assigned = new Set<string>();
  shell.set("pkgname", pkgname);
  for (const assignment of body ? ownAssignments(body) : []) {
    assigned.add(assignment.name);
    shell.assign(assignment);
  }
  return { ...evaluationOf(shell), assigned };
}

function ownAssignments(compound: Compound): Assignment[] {
  return bodies(compound).flatMap(({ statements }) =>
    statements.flatMap(({ command }): readonly Assignment[] => {
      if (command.kind === "simple") return command.words.length === 0 ? command.assignments : [];
      if (command.kind === "function") return ownAssignments(command.body.compound);
      return command.kind === "compound" ? ownAssignments(command.compound) : [];
    }),
  );
}

function bodies(compound: Compound): readonly Script[] {
  switch (compound.kind) {
    case "if":
      return [
        ...compound.branches.map(({ body }) => body),
        ...(compound.otherwise ? [compound.otherwise] : []),
      ];
    case "case":
      return compound.items.map(({ body }) => body);
    case "test":
    case "arithmetic":
      return [];
    default:
      return [compound.body];
  }
}

function evaluationOf(shell: Shell): Evaluation {
  const get = (name: string): Variable | undefined => shell.variable(name);
  return {
    get,
    names: shell.names,
    spoiled: shell.spoiled,
    package: (pkgname) => evaluatePackage(shell, pkgname),
    printed: (pkgname) => printedPackage(shell, pkgname),
    scalar: (name) => scalarOf(get(name)),
    list: (name) => listOf(get(name)),
  };
}

/** makepkg evaluates a field's lines one after the other, on a copy of what the field is outside of the function. */
function printedPackage(topLevel: Shell, pkgname: string): PrintedPackage {
  let own: Shell | undefined;
  const name = topLevel.functions.has(`package_${pkgname}`) ? `package_${pkgname}` : "package";
  const [definition, another] = topLevel.functions.get(name) ?? [];
  const lines = definition && printedLines(definition);
  const isKnown = another === undefined && topLevel.defines(name);
  const outcome = (field: string, kind: "single" | "list"): Variable | undefined => {
    if (!lines?.named.has(field)) return undefined;
    const { assignments, unclear } = lines.of(field, kind);
    if (assignments.length === 0 && !unclear) return undefined;
    const reason = isKnown ? "its line in the package's function isn't plain" : "its function isn't followed";
    if (unclear || !isKnown)
      return { kind: "unknown", value: { known: false, reason, line: definition!.line } };
    const shell = (own ??= forPackage(topLevel, pkgname));
    const outer = topLevel.variable(field);
    shell.put(copy, kind === "single" ? singleOf(outer) : (outer ?? emptyList));
    for (const assignment of assignments) shell.assign({ ...assignment, name: copy });
    return shell.variable(copy);
  };
  return {
    named: lines?.named ?? new Set(),
    single: (field) => scalarOf(outcome(field, "single")),
    list: (field) => listOf(outcome(field, "list")),
  };
}

function forPackage(topLevel: Shell, pkgname: string): Shell {
  const shell = topLevel.fork();
  shell.set("pkgname", pkgname);
  return shell;
}

/** makepkg's own name for it; a recipe that reads it would read its field. */
const copy = "outvalue";
const emptyList: Variable = { kind: "array", associative: false, elements: new Map(), line: 0 };

function singleOf(variable: Variable | undefined): Variable {
  return { kind: "scalar", value: scalarOf(variable) ?? { known: true, text: "", line: 0 } };
}

function scalarOf(variable: Variable | undefined): Value | undefined {
  return variable?.kind === "array" ? variable.elements.get("0") : variable?.value;
}

function listOf(variable: Variable | undefined): readonly Value[] | Unknown | undefined {
  if (variable?.kind === "array") return valuesInOrder(variable);
  return variable?.kind === "scalar" ? [variable.value] : variable?.value;
}
