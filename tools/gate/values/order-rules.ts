import type { Statement } from "../../pkgbuild/grammar/syntax.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import { formOfStatement } from "../code/command-form.ts";
import type { Comparison } from "./comparison.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Pkgbuild } from "../files/side.ts";

export const orderRules = {
  "order-changed": {
    severity: "review",
    says: "assignments are in another order",
    protects: "bash reads from the top: what follows isn't set yet.",
  },
} as const satisfies Rules;

const finding = findingsOf(orderRules);

/**
 * What stands in another order than before. A command at top level changes what the lines below it come to, also by
 * what no value shows (the folder, the locale, the shell's options, `$?`): nothing moves across one. Among plain
 * assignments the values are compared where every one is known and none is read by code, and the order is a matter of
 * taste; else whatever moved may be read in another state.
 */
export function judgeOrder({ before, after, topLevelCode, architectures }: Comparison): Finding[] {
  const [old, now] = [stepsIn(before), stepsIn(after)];
  const [common, other] = [inBoth(old, now), inBoth(now, old)];
  const moved = other.find(({ name }, at) => name !== common[at]?.name);
  if (moved === undefined) return [];
  const codeRuns = topLevelCode.after.some(({ kind }) => kind === "code");
  const crossed = crossedFence(common, other);
  const unknown = architectures.flatMap((carch) => unknownIn(after, carch));
  if (crossed === undefined && !codeRuns && unknown.length === 0) return [];
  const [one, two] = [common, other].map((steps) => steps.map(({ name }) => name).join("\n"));
  return [finding("order-changed", crossed ?? moved.name, { file: "PKGBUILD", before: one!, after: two! })];
}

interface Step {
  /** What is assigned, defined or run; the second of a name is `name 2`. */
  readonly name: string;
  /** Whether lines below it may come to something else by it. */
  readonly isFence: boolean;
}

/** Names that bash and programs take orders from (HOME, LC_ALL, BASH_COMPAT, GLOBIGNORE, IFS) are in capitals. */
const obeyed = /^[A-Z][A-Z0-9_]*$/;

/** What is assigned, defined and run at top level, in the order of the text. */
function stepsIn({ recipe }: Pkgbuild): Step[] {
  const counts = new Map<string, number>();
  return recipe.script.statements.flatMap((statement) =>
    ownSteps(statement).map(({ name, isFence }) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return { name: count === 1 ? name : `${name} ${count}`, isFence };
    }),
  );
}

function ownSteps(statement: Statement): Step[] {
  const { command } = statement;
  if (command.kind === "function") return [{ name: `${command.name}()`, isFence: false }];
  const form = formOfStatement(statement)?.form;
  if (command.kind !== "simple" || command.words.length > 0) {
    return [{ name: form ?? normaliseCommand(command), isFence: true }];
  }
  const assigned = command.assignments.map(({ name }) => ({ name, isFence: obeyed.test(name) }));
  return form === undefined ? assigned : [{ name: form, isFence: true }, ...assigned];
}

function inBoth(steps: readonly Step[], others: readonly Step[]): Step[] {
  const names = new Set(others.map(({ name }) => name));
  return steps.filter(({ name }) => names.has(name));
}

/** The first fence that doesn't have the same above it in both orders. */
function crossedFence(old: readonly Step[], now: readonly Step[]): string | undefined {
  const places = new Map(now.map(({ name }, at) => [name, at]));
  return old.find(({ name, isFence }, at) => {
    const place = places.get(name) ?? -1;
    return isFence && old.some((step, other) => other < at !== (places.get(step.name) ?? -1) < place);
  })?.name;
}

/** Variables that hold something that isn't known. */
function unknownIn(pkgbuild: Pkgbuild, carch: string | undefined): string[] {
  const evaluation = pkgbuild.evaluation(carch);
  if (evaluation.spoiled) return ["all"];
  return [...evaluation.names].filter((name) => {
    const list = evaluation.list(name);
    return list !== undefined && ("known" in list || list.some((value) => !value.known));
  });
}
