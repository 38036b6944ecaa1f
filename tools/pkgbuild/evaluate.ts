import { Shell } from "./shell.ts";
import type { Recipe } from "./recipe.ts";
import type { Assignment, Compound, Script } from "./syntax.ts";
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
}

/**
 * Evaluates a recipe's top level as bash would, running nothing: commands' output, the machine and the
 * builder's environment are unknown, and so is all that depends on them. Work and memory are bounded.
 */
export function evaluate(recipe: Recipe, options: EvaluateOptions = {}): Evaluation {
  return evaluationOf(readTopLevel(recipe, options));
}

/**
 * The same, with what a function assigns on top: what `makepkg --printsrcinfo` takes for that package. Like
 * makepkg, it takes every assignment that stands in the function as a command of its own, whatever the
 * conditions around it, and knows nothing of the function's local variables.
 */
export function evaluateFunction(
  recipe: Recipe,
  name: string,
  options: EvaluateOptions = {},
): { readonly evaluation: Evaluation; readonly assigned: ReadonlySet<string> } {
  const shell = readTopLevel(recipe, options);
  const assigned = new Set<string>();
  const body = recipe.functions.get(name)?.at(-1)?.body.compound;
  for (const assignment of body ? ownAssignments(body) : []) {
    assigned.add(assignment.name);
    shell.assign(assignment);
  }
  return { evaluation: evaluationOf(shell), assigned };
}

function readTopLevel(recipe: Recipe, { carch }: EvaluateOptions): Shell {
  const shell = new Shell(recipe.functions, carch);
  shell.run(recipe.script);
  return shell;
}

/** makepkg looks for lines of the printed function that begin with the assignment. */
function ownAssignments(compound: Compound): Assignment[] {
  return bodies(compound).flatMap(({ statements }) =>
    statements.flatMap(({ command }): readonly Assignment[] => {
      if (command.kind === "simple") return command.words.length === 0 ? command.assignments : [];
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
