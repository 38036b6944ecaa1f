import { readFileSync } from "node:fs";
import type { Definition } from "../../tools/release/definition/definition.ts";
import { readDefinition, type OpenText } from "../../tools/release/definition/read-definition.ts";

export type Example = "garage" | "minne" | "veilid" | "2140-node";
export const examples: readonly Example[] = ["garage", "minne", "veilid", "2140-node"];

/** The `release.toml` of a real project. */
export function exampleText(name: Example | "bitcoin-core"): string {
  return readFileSync(new URL(`releases/${name}.toml`, import.meta.url), "utf8");
}

/** There is one adapter, that of the last example. */
export const openAdapter: OpenText = (path) =>
  path === "releases/adapters/bitcoin-core.toml"
    ? { text: exampleText("bitcoin-core") }
    : { refused: "is missing" };

/** @throws Error with all problems where there are some */
export function readText(project: string, text: string): Definition {
  const { definition, problems } = readDefinition(
    project,
    `releases/${project}/release.toml`,
    text,
    openAdapter,
  );
  if (!definition) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return definition;
}

export function readExample(name: Example): Definition {
  return readText(name, exampleText(name));
}
