import { normaliseValue } from "../../pkgbuild/normal-form/normalise.ts";
import { normaliseWord } from "../../pkgbuild/normal-form/normalise-words.ts";
import { inOrder, type Value, type Variable } from "../../pkgbuild/evaluation/values.ts";
import { defaultsIn } from "../code/plain-assignments.ts";
import { readsOfAssignment } from "../code/variable-reads.ts";
import type { Pkgbuild } from "../files/side.ts";

/** What the recipe's text says of one variable of its top level. */
export interface Written {
  /** Its assignments in normal form, in the order of the text. */
  readonly forms: readonly string[];
  readonly reads: ReadonlySet<string>;
  readonly line: number;
}

/** All variables that go into this one, over any number of steps. */
export function readsBehind(name: string, written: ReadonlyMap<string, Written>): Set<string> {
  const reached = new Set(written.get(name)?.reads);
  // A set is gone through to its end, with what is added meanwhile.
  for (const reader of reached) for (const read of written.get(reader)?.reads ?? []) reached.add(read);
  return reached;
}

export type VariableChange = {
  readonly name: string;
  /** For which architecture the values are; undefined where it doesn't matter. */
  readonly carch: string | undefined;
  readonly before: Held | undefined;
  readonly after: Held | undefined;
  readonly line: number | undefined;
};

/** What a variable holds: its elements (one of a scalar), or nothing that can be known. */
export interface Held {
  readonly scalar: boolean;
  readonly values: readonly Value[] | undefined;
}

export function writtenIn({ recipe }: Pkgbuild): Map<string, Written> {
  const written = new Map<string, { forms: string[]; reads: Set<string>; line: number }>();
  for (const assignment of recipe.assignments) {
    if (assignment.function !== undefined) continue;
    const { name, index, append, value, line, conditional } = assignment;
    const entry = written.get(name) ?? { forms: [], reads: new Set(), line };
    const subscript = index ? `[${normaliseWord(index)}]` : "";
    entry.forms.push(`${conditional ? "? " : ""}${subscript}${append ? "+=" : "="}${normaliseValue(value)}`);
    for (const read of readsOfAssignment(assignment)) entry.reads.add(read);
    if (append && value.kind === "scalar") entry.reads.add(name);
    entry.line = line;
    written.set(name, entry);
  }
  for (const { command, line } of recipe.script.statements) {
    if (command.kind !== "simple") continue;
    for (const { name, form, reads } of defaultsIn(command) ?? []) {
      const entry = written.get(name) ?? { forms: [], reads: new Set(), line };
      entry.forms.push(form);
      for (const read of reads) entry.reads.add(read);
      written.set(name, entry);
    }
  }
  return written;
}

/** Every variable of which one side says something else than the other, once for each architecture. */
export function changedVariables(
  before: Pkgbuild,
  after: Pkgbuild,
  architectures: readonly string[],
  written: { before: ReadonlyMap<string, Written>; after: ReadonlyMap<string, Written> },
): VariableChange[] {
  const depends = before.text.includes("CARCH") || after.text.includes("CARCH");
  const changes: VariableChange[] = [];
  for (const carch of depends ? architectures : [undefined]) {
    const [old, now] = [before.evaluation(carch), after.evaluation(carch)];
    const names = new Set([...old.names, ...now.names, ...written.before.keys(), ...written.after.keys()]);
    for (const name of names) {
      const [heldBefore, heldAfter] = [heldBy(old.get(name)), heldBy(now.get(name))];
      const forms = [written.before.get(name)?.forms, written.after.get(name)?.forms];
      if (isSame(heldBefore, heldAfter, sameForms(forms[0], forms[1]))) continue;
      const line = written.after.get(name)?.line;
      changes.push({ name, carch, before: heldBefore, after: heldAfter, line });
    }
  }
  return changes;
}

export function sameForms(before: readonly string[] = [], after: readonly string[] = []): boolean {
  return before.length === after.length && before.every((form, at) => form === after[at]);
}

/** The texts, where all of them are known. */
export function textsOf(held: Held | undefined): readonly string[] | undefined {
  const texts: string[] = [];
  for (const value of held?.values ?? []) {
    if (!value.known) return undefined;
    texts.push(value.text);
  }
  return held?.values && texts;
}

export function shown(held: Held | undefined): string | undefined {
  if (!held) return undefined;
  if (!held.values) return "(unknown)";
  const texts = held.values.map((value) => (value.known ? value.text : "(unknown)"));
  return held.scalar ? texts[0] : texts.join("\n");
}

function heldBy(variable: Variable | undefined): Held | undefined {
  if (!variable) return undefined;
  if (variable.kind === "scalar") return { scalar: true, values: [variable.value] };
  if (variable.kind === "unknown") return { scalar: false, values: undefined };
  const entries = inOrder(variable);
  const counted = !variable.associative && entries.every(([key], position) => key === String(position));
  if (counted) return { scalar: false, values: entries.map(([, value]) => value) };
  const keyed = entries.flatMap(([key, value]) => [{ known: true, text: key, line: 0 } as const, value]);
  return { scalar: false, values: keyed };
}

/** What isn't known is the same where it's written in the same way. */
function isSame(before: Held | undefined, after: Held | undefined, sameForms: boolean): boolean {
  if (!before || !after) return before === after && sameForms;
  if (!before.values || !after.values) return before.values === after.values && sameForms;
  if (before.scalar !== after.scalar || before.values.length !== after.values.length) return false;
  return before.values.every((old, at) => {
    const now = after.values?.[at];
    if (!old.known || !now?.known) return !old.known && now?.known === false && sameForms;
    return old.text === now.text;
  });
}
