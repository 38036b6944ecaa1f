import { parse, TomlError } from "smol-toml";
import { limits } from "../limits.ts";
import type { DefinitionProblem } from "../problems.ts";

/** A TOML file's tables, without prototypes, or why it can't be read: then it is one problem. */
export type TomlDocument =
  | { readonly kind: "document"; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: "unreadable"; readonly problem: DefinitionProblem };

export function readToml(file: string, text: string): TomlDocument {
  const unreadable = (message: string, place: { line?: number; column?: number } = {}): TomlDocument => ({
    kind: "unreadable",
    problem: { file, ...place, message },
  });
  if (text.length > limits.bytes) {
    const kilobytes = Math.ceil(text.length / 1024);
    return unreadable(`has ${kilobytes} KB, more than the ${limits.bytes / 1024} KB that it may have`);
  }
  try {
    const value = parse(text, { maxDepth: limits.depth, unsafeKeyBehaviour: "keep" });
    if (isDeeper(value, limits.depth)) return unreadable(tooDeep);
    return { kind: "document", value };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const [, message = error.message] = /^Invalid TOML document: (.*)/.exec(error.message) ?? [];
    if (message.includes("excessively nested")) return unreadable(tooDeep, { line, column });
    return unreadable(`is no TOML: ${message}`, { line, column });
  }
}

const tooDeep = `has tables or lists in each other, more than ${limits.depth} deep`;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
