import type { Word } from "../../pkgbuild/grammar/syntax.ts";
import type { Visitor } from "../../pkgbuild/grammar/walk.ts";

/**
 * Whether a script takes a value for a number anywhere. bash takes such a value for an expression, and runs what stands
 * in a subscript there: what a program or a file says is code then.
 */
export function comparesNumbers(walk: (visitor: Visitor) => void): boolean {
  let found = false;
  walk({
    function: () => true,
    compound: ({ kind }) => void (found ||= kind.startsWith("arithmetic")),
    part(part) {
      if (part.kind === "arithmetic") found = true;
      if (part.kind !== "parameter") return;
      found ||= part.index !== undefined && !isConstant(part.index);
      found ||= part.operator === ":" && !part.operands.every(isConstant);
    },
    test(expression) {
      found ||= expression.kind === "binary" && /^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator);
    },
  });
  return found;
}

function isConstant({ parts }: Word): boolean {
  return parts.every((part) => part.kind === "literal");
}
