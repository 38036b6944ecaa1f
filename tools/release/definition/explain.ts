import type { z } from "zod";
import { nearestName } from "../../nearest-name.ts";
import { knownKeys } from "./known-keys.ts";
import type { Mistake } from "./problems.ts";

/** What the schema found, in a person's words. */
export function explain(issue: z.core.$ZodIssue, document: unknown, jsonSchema: object): Mistake[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(jsonSchema, path, document);
    return issue.keys.map((key) => ({
      at: [...path, key],
      message: `unknown key ${shown(key)}${suggestion(key, known)}`,
    }));
  }
  return [{ at: path, message: `${named(path)}${wording(issue, valueAt(document, path))}` }];
}

function wording(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined ? "is missing" : `has to be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `can be: ${issue.values.map(String).join(", ")}${meant(value, issue.values)}`;
    case "invalid_union":
      if (value === undefined) return "is missing";
      if (issue.discriminator === undefined) return issue.message;
      return `can be: ${options(issue).join(", ")}${meant(value, options(issue))}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    case "too_big":
      return `is too long or too large; at most ${issue.maximum}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? "is empty"
        : `is less than ${issue.minimum}`;
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "text, in quotation marks",
  object: "a table",
  record: "a table",
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
};

function options(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return "options" in issue ? (issue.options as unknown[]).map(String) : [];
}

function meant(value: unknown, known: readonly unknown[]): string {
  const nearest = typeof value === "string" ? nearestName(value, known.map(String)) : undefined;
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

/** `; did you mean X?`, or what there is where nothing is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  if (known.length === 0) return "";
  const most = 12;
  return `; there ${known.length === 1 ? "is" : "are"} ${known.slice(0, most).join(", ")}${known.length > most ? ", …" : ""}`;
}

/** `stages.build.app.for: `; nothing for the file as a whole. */
export function named(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : `${path.map((key) => shown(String(key))).join(".")}: `;
}

/** A name as it is, anything else so that it stays within its line. */
export function shown(text: string): string {
  return /^[A-Za-z0-9._*{}-]{1,100}$/.test(text) ? text : JSON.stringify(text.slice(0, 100));
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    document,
  );
}
