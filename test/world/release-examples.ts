import { readFileSync } from "node:fs";
import type { Definition } from "../../tools/release/definition/definition.ts";
import type { DefinitionFiles } from "../../tools/release/definition/definition-files.ts";
import { readDefinition } from "../../tools/release/definition/read-definition.ts";

export type Example = "garage" | "minne" | "veilid" | "2140-node";
export const examples: readonly Example[] = ["garage", "minne", "veilid", "2140-node"];

const page = readFileSync(new URL("../../docs/releases.md", import.meta.url), "utf8");

/** The `release.toml` of a real project; two of them are explained in the documentation. */
export function exampleText(name: Example | "bitcoin-core"): string {
  const [, text] =
    new RegExp(`^\`\`\`toml\\n# releases/${name}/release.toml\\n(.*?)^\`\`\`$`, "ms").exec(page) ?? [];
  return text ?? readFileSync(new URL(`releases/${name}.toml`, import.meta.url), "utf8");
}

/** All scripts are there, and one adapter, that of the last example. */
export const exampleFiles: DefinitionFiles = {
  open: (path) =>
    path === "releases/adapters/bitcoin-core.toml"
      ? { text: exampleText("bitcoin-core") }
      : { refused: "is missing" },
  whyMissing: () => undefined,
};

/** @throws Error with all problems where there are some */
export function readText(project: string, text: string): Definition {
  const { definition, problems } = readDefinition(
    project,
    `releases/${project}/release.toml`,
    text,
    exampleFiles,
  );
  if (!definition) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return definition;
}

export function readExample(name: Example): Definition {
  return readText(name, exampleText(name));
}
