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
 * What stands in another order than before. Where every value is known, and none of it is read by code, the values
 * are compared and the order is a matter of taste; else whatever moved may be read in another state.
 */
export function judgeOrder({ before, after, topLevelCode, architectures }: Comparison): Finding[] {
  const [old, now] = [stepsIn(before), stepsIn(after)];
  const [common, other] = [
    old.filter((step) => now.includes(step)),
    now.filter((step) => old.includes(step)),
  ];
  if (common.join("\n") === other.join("\n")) return [];
  const codeRuns = topLevelCode.after.some(({ kind }) => kind === "code");
  const unknown = architectures.flatMap((carch) => unknownIn(after, carch));
  if (!codeRuns && unknown.length === 0) return [];
  const moved = other.find((step, at) => step !== common[at]) ?? "";
  return [
    finding("order-changed", moved, { file: "PKGBUILD", before: common.join("\n"), after: other.join("\n") }),
  ];
}

/** Names of what is assigned and defined at top level, in the order of the text; the second of a name is `name 2`. */
function stepsIn({ recipe }: Pkgbuild): string[] {
  const counts = new Map<string, number>();
  return recipe.script.statements.flatMap(({ command }) => {
    const names =
      command.kind === "function"
        ? [`${command.name}()`]
        : command.kind === "simple"
          ? command.assignments.map(({ name }) => name)
          : [command.kind];
    return names.map((name) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count === 1 ? name : `${name} ${count}`;
    });
  });
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
