import { expandFields } from "./expansion/expand.ts";
import type { Assigner } from "./assigning.ts";
import { evaluateArithmeticCommand, evaluateTest, matchesCase } from "./conditions.ts";
import { leavesEarly } from "./following.ts";
import type { Compound, Script, Word } from "../grammar/syntax.ts";
import { NotStatic, type Status } from "./values.ts";

const mostRounds = 2_000;

/** What conditions and loops need of the shell that runs them. */
export interface Flow extends Assigner {
  /** Whether nothing more is run of a body. */
  readonly ended: boolean;
  run(script: Script): Status;
}

/** @throws NotStatic where it isn't known which way it goes */
export function runCompound(compound: Compound, shell: Flow): Status {
  switch (compound.kind) {
    case "group":
      return shell.run(compound.body);
    case "subshell":
      return undefined;
    case "test":
      return evaluateTest(compound.expression, shell);
    case "arithmetic":
      return evaluateArithmeticCommand(compound.expression, shell);
    case "if": {
      for (const { condition, body } of compound.branches) {
        const status = shell.run(condition);
        if (shell.ended) return status;
        if (status === undefined) throw new NotStatic("a condition");
        if (status) return shell.run(body);
      }
      return compound.otherwise ? shell.run(compound.otherwise) : true;
    }
    case "case": {
      for (const item of compound.items) {
        if (item.end !== ";;") throw new NotStatic("a case that goes on");
        if (matchesCase(compound.subject, item.patterns, shell)) return shell.run(item.body);
      }
      return true;
    }
    case "for":
      if (!compound.words || leavesEarly(compound.body)) break;
      return runFor(compound.name, compound.words, compound.body, shell);
    default:
  }
  throw new NotStatic("a loop");
}

function runFor(name: string, words: readonly Word[], body: Script, shell: Flow): Status {
  const fields = words.flatMap((word) => expandFields(word, shell));
  if (fields.length > mostRounds) throw new NotStatic("a long loop");
  let status: Status = true;
  for (const text of fields) {
    shell.budget.spend(1);
    shell.set(name, text);
    status = shell.run(body);
    if (shell.ended) break;
  }
  return status;
}
