import { fieldsOf, fill, releaseFields, type Values } from "../../template.ts";
import type { Definition } from "../definition.ts";
import { named, shown, suggestion } from "../explain.ts";
import type { Mistake } from "../problems.ts";

/** Whether a text's braces name fields that are there: of the release, and of each of these targets. */
export function checkTemplate(
  { targets }: Pick<Definition, "targets">,
  at: readonly PropertyKey[],
  text: string,
  of: readonly string[] | undefined,
  fields: readonly string[] = releaseFields,
): Mistake[] {
  if (!/[{}]/.test(text)) return [];
  const read = fieldsOf(text);
  if (read.kind === "braces") {
    return [{ at, message: `${named(at)}has braces that aren't {field}` }];
  }
  const mistakes: Mistake[] = [];
  for (const field of read.fields) {
    if (fields.includes(field) || (of !== undefined && field === "target")) continue;
    const lacking = (of ?? []).filter((target) => !Object.hasOwn(targets.get(target) ?? {}, field));
    if (of !== undefined && of.length > 0 && lacking.length === 0) continue;
    mistakes.push({ at, message: `${named(at)}${lack(field, lacking, of, targets, fields)}`, lacks: field });
  }
  return mistakes;
}

function lack(
  field: string,
  lacking: readonly string[],
  of: readonly string[] | undefined,
  targets: Definition["targets"],
  fields: readonly string[],
): string {
  if (of === undefined) {
    const isOfTargets =
      field === "target" || [...targets.values()].some((each) => Object.hasOwn(each, field));
    return isOfTargets
      ? `{${field}} is of a target, and this is the same for all targets`
      : `unknown field {${field}}${suggestion(field, fields)}`;
  }
  if (lacking.length < of.length) return `the target ${shown(lacking[0]!)} has no field ${field}`;
  const known = [
    ...new Set([...of.flatMap((target) => Object.keys(targets.get(target) ?? {})), "target", ...fields]),
  ];
  return `unknown field {${field}}${suggestion(field, known)}`;
}

const asTheyAre: Values = Object.fromEntries(releaseFields.map((field) => [field, `{${field}}`]));

/** The values that a target gives names and addresses. */
export function targetValues({ targets }: Pick<Definition, "targets">, target: string | undefined): Values {
  return target === undefined ? {} : { ...targets.get(target), target };
}

/**
 * A text with a target's fields filled in and those of the release left as they are; undefined where a field is
 * missing, which is a mistake of its own.
 */
export function filledForTarget(
  definition: Pick<Definition, "targets">,
  text: string,
  target: string | undefined,
): string | undefined {
  if (!text.includes("{")) return text;
  const filled = fill(text, { ...asTheyAre, ...targetValues(definition, target) });
  return filled.kind === "text" ? filled.text : undefined;
}
