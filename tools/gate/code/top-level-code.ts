import { commandName } from "../../pkgbuild/grammar/constants.ts";
import type { Command, Statement } from "../../pkgbuild/grammar/syntax.ts";
import { walkCommand } from "../../pkgbuild/grammar/walk.ts";
import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import { calledBy } from "./called-functions.ts";
import { formOfStatement, type CommandForm } from "./command-form.ts";
import { readsOf } from "./variable-reads.ts";

/** Something at top level that is more than a plain assignment or a function's definition. */
export interface TopLevelCode extends CommandForm {
  readonly line: number;
  /** Names of the variables that it reads, also in the functions that it calls. */
  readonly reads: ReadonlySet<string>;
  /** Names of the functions that it calls, over any number of steps. */
  readonly calls: ReadonlySet<string>;
  /** Whether it runs commands, and not only compares and assigns. */
  readonly runsSomething: boolean;
  /** Its form, and the bodies of those functions. */
  runs(): string;
  /** Names of those variables in the order in which they were assigned before it. */
  readonly assignedBefore: string;
}

/** What runs, or decides what runs, as soon as the file is read, in the order of the text. */
export function topLevelCode({ script, functions }: Pick<Recipe, "script" | "functions">): TopLevelCode[] {
  const found: TopLevelCode[] = [];
  const assigned: string[] = [];
  // Most recipes have no such thing, and then nobody asks what was assigned before it.
  let noted = 0;
  for (const [at, statement] of script.statements.entries()) {
    const form = formOfStatement(statement);
    if (!form) continue;
    const { command, line } = statement;
    for (; noted < at; noted += 1) assigned.push(...assignedIn(script.statements[noted]));
    const calls = calledBy(command, functions);
    const bodies = [...calls].flatMap((name) => (functions.get(name) ?? []).map(({ body }) => body));
    const reads = readsOf((visitor) => [command, ...bodies].forEach((one) => walkCommand(one, visitor)));
    const runs = (): string => [form.form, ...bodies.map((body) => normaliseCommand(body))].join("\n");
    const assignedBefore = assigned.filter((name) => reads.has(name)).join(" ");
    const runsSomething = runsCommand(command);
    found.push({ ...form, line, reads, calls, runsSomething, runs, assignedBefore });
  }
  return found;
}

function runsCommand(command: Command): boolean {
  let runs = false;
  walkCommand(command, {
    simple(one) {
      if (one.words.length > 0 && !/^(?:\[|:|true|false)$/.test(commandName(one) ?? "")) runs = true;
    },
    part({ kind }) {
      if (kind === "substitution" || kind === "arithmetic") runs = true;
    },
  });
  return runs;
}

function assignedIn(statement: Statement | undefined): string[] {
  const names: string[] = [];
  if (statement) walkCommand(statement.command, { assignment: ({ name }) => void names.push(name) });
  return names;
}

export function formsOf(list: readonly TopLevelCode[]): string {
  return list.map(({ form }) => form).join("\n");
}
