import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import type { Assignment } from "../../pkgbuild/grammar/syntax.ts";
import { type Visitor, walkAssignment, walkWord } from "../../pkgbuild/grammar/walk.ts";

/** Names of the variables that are expanded, and in arithmetic all words. */
export function readsOf(walk: (visitor: Visitor) => void): Set<string> {
  const reads = new Set<string>();
  const addWords = (text: string): void => {
    for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) reads.add(word);
  };
  walk({
    part(part) {
      if (part.kind === "parameter") {
        reads.add(part.name);
        if (part.index) addWords(normaliseWord(part.index));
        if (part.operator === ":") for (const operand of part.operands) addWords(normaliseWord(operand));
      }
      if (part.kind === "arithmetic") addWords(normaliseWord(part.expression));
    },
    test(expression) {
      if (expression.kind === "unary" && /^-[vR]$/.test(expression.operator)) {
        addWords(normaliseWord(expression.word));
      }
      if (expression.kind === "binary" && /^-..$/.test(expression.operator)) {
        addWords(normaliseWord(expression.left));
        addWords(normaliseWord(expression.right));
      }
    },
    compound(compound) {
      if (compound.kind === "arithmetic") addWords(normaliseWord(compound.expression));
    },
  });
  return reads;
}

/** Names of the variables that a word reads. */
export function readsOfAssignment(assignment: Assignment): Set<string> {
  return readsOf((visitor) => {
    if (assignment.index) walkWord(assignment.index, visitor);
    walkAssignment(assignment, visitor);
  });
}
