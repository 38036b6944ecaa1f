import type { z } from "zod";
import { explain } from "./explain.ts";
import type { Mistake } from "./problems.ts";

type Table = Record<PropertyKey, unknown>;

/**
 * What the schema takes of a document. The rest is a mistake and left out, so that what is left can be looked at as
 * well, and a person learns of everything at once.
 *
 * @param document is changed
 * @param required what stands for a missing key of the document itself
 */
export function validPart<S extends z.ZodType>(
  document: Readonly<Record<string, unknown>>,
  schema: S,
  jsonSchema: object,
  required: Readonly<Record<string, unknown>>,
): { value: z.infer<S>; mistakes: readonly Mistake[] } {
  const mistakes = dropPrototypeKeys(document, []);
  for (let look = 1; ; look++) {
    const read = schema.safeParse(document);
    if (read.success) return { value: read.data, mistakes };
    const { issues } = read.error;
    // Later looks only find what lacks something since its mistakes were dropped.
    if (look === 1) mistakes.push(...issues.flatMap((issue) => explain(issue, document, jsonSchema)));
    for (const issue of issues) drop(document as Table, issue, required);
  }
}

/** Zod passes over this key. */
function dropPrototypeKeys(value: unknown, path: readonly PropertyKey[]): Mistake[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, each]) => dropPrototypeKeys(each, [...path, key]));
  if (!Object.hasOwn(value, "__proto__")) return inner;
  delete (value as Table)["__proto__"];
  return [...inner, { at: [...path, "__proto__"], message: "`__proto__` can't be a name" }];
}

function drop(document: Table, issue: z.core.$ZodIssue, required: Readonly<Record<string, unknown>>): void {
  const inList = issue.path.findIndex((key) => typeof key === "number");
  const path = inList === -1 ? issue.path : issue.path.slice(0, inList);
  if (issue.code === "unrecognized_keys" && inList === -1) {
    const table = tableAt(document, path);
    for (const key of issue.keys) delete table?.[key];
    return;
  }
  const key = path.at(-1);
  const table = tableAt(document, path.slice(0, -1));
  if (key === undefined || table === undefined) return;
  if (Object.hasOwn(table, key)) delete table[key];
  else if (path.length > 1) drop(document, { ...issue, code: "custom", path: path.slice(0, -1) }, required);
  if (path.length === 1 && Object.hasOwn(required, key)) table[key] = required[String(key)];
}

function tableAt(document: Table, path: readonly PropertyKey[]): Table | undefined {
  let table: unknown = document;
  for (const key of path) {
    if (typeof table !== "object" || table === null || !Object.hasOwn(table, key)) return undefined;
    table = (table as Table)[key];
  }
  return typeof table === "object" && table !== null ? (table as Table) : undefined;
}
