import { ShellVariables } from "./shell-variables.ts";
import { Shell } from "./shell.ts";
import type { Recipe } from "../recipe.ts";
import type { Assignment, Compound, Script } from "../grammar/syntax.ts";
import { inOrder, type Unknown, type Value, type Variable } from "./values.ts";

export interface EvaluateOptions {
  /** The architecture that `$CARCH` means; without one, what depends on it is unknown. */
  readonly carch?: string;
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
   * What `makepkg --printsrcinfo` takes for this package: with what `package_NAME()`, or `package()`, assigns
   * on top. Like makepkg, it takes every assignment that stands in the function as a command of its own,
   * whatever the conditions around it, and knows nothing of the function's local variables.
   */
  package(pkgname: string): PackageEvaluation;
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
export function evaluate(recipe: Recipe, { carch }: EvaluateOptions = {}): Evaluation {
  const known = evaluations.get(recipe) ?? new Map<string | undefined, Evaluation>();
  evaluations.set(recipe, known);
  // What doesn't mention it is the same for every architecture.
  const key = recipe.text.includes("CARCH") ? carch : undefined;
  const evaluation = known.get(key) ?? evaluateFor(recipe, key);
  known.set(key, evaluation);
  return evaluation;
}

const evaluations = new WeakMap<Recipe, Map<string | undefined, Evaluation>>();

function evaluateFor(recipe: Recipe, carch: string | undefined): Evaluation {
  const shell = new Shell(recipe.functions, new ShellVariables(carch));
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

/** makepkg looks for lines of the printed function that begin with the assignment. */
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
    scalar(name) {
      const variable = get(name);
      return variable?.kind === "array" ? variable.elements.get("0") : variable?.value;
    },
    list(name) {
      const variable = get(name);
      if (variable?.kind === "array") return inOrder(variable).map(([, value]) => value);
      return variable?.kind === "scalar" ? [variable.value] : variable?.value;
    },
  };
}
