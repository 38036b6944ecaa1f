import { createRequire } from "node:module";
import { Language, type Node, Parser } from "web-tree-sitter";
import { readPkgbuild, type Recipe } from "../pkgbuild/recipe.ts";
import type { SecondCommand, SecondReading } from "../pkgbuild/second-reading/second-reading.ts";
import type { Assignment, Statement } from "../pkgbuild/grammar/syntax.ts";
import type { SecondReader } from "./second-reader.ts";

/**
 * tree-sitter-bash, where there's no bash that prints scripts: a grammar of other authors. It takes more for correct
 * than bash does, so only what both find where our grammar finds it counts as agreement: the commands of top level,
 * the names that are assigned and defined, and each element of a list.
 */
export async function treeSitter(): Promise<SecondReader> {
  await Parser.init();
  const require = createRequire(import.meta.url);
  const parser = new Parser();
  parser.setLanguage(await Language.load(require.resolve("tree-sitter-bash/tree-sitter-bash.wasm")));
  const { version } = require("tree-sitter-bash/package.json") as { version: string };
  const by = `tree-sitter-bash ${version}`;
  return {
    async read(texts) {
      const found = new Map<string, SecondReading>();
      for (const text of texts) {
        const reading = readPkgbuild(text);
        if (reading.ok && !found.has(text))
          found.set(text, { by, commands: readOne(parser, reading.recipe) });
      }
      return found;
    },
  };
}

function readOne(parser: Parser, recipe: Recipe): SecondCommand[] | undefined {
  // Each text may take so long and no more.
  const deadline = performance.now() + 5_000;
  const tree = parser.parse(recipe.text, null, { progressCallback: () => performance.now() > deadline });
  if (!tree) return undefined;
  try {
    const nodes = topLevel(tree.rootNode);
    const { statements } = recipe.script;
    if (tree.rootNode.hasError || nodes.length !== statements.length) return undefined;
    return statements.map((statement, at) => {
      const node = nodes[at]!;
      return {
        line: statement.line,
        form: formOf(node),
        agrees: node.startIndex === statement.start && agrees(node, statement),
        assigns: statement.command.kind === "simple" && statement.command.words.length === 0,
      };
    });
  } finally {
    tree.delete();
  }
}

/** A list of commands on one line is a node of its own in newer grammars. */
function topLevel(root: Node): Node[] {
  return root.namedChildren.filter((node) => node.type !== "comment" && node.type !== "heredoc_body");
}

/** Its leaves with their kinds, without comments and line ends: equal where the grammar reads the same. */
function formOf(node: Node): string {
  if (node.type === "comment") return "";
  if (!node.isNamed && /^[\s;]*$/.test(node.text)) return "";
  if (node.childCount === 0) return node.text;
  return `(${node.type} ${node.children
    .map(formOf)
    .filter((form) => form !== "")
    .join(" ")})`;
}

function agrees(node: Node, { command }: Statement): boolean {
  if (command.kind === "function") {
    return node.type === "function_definition" && node.childForFieldName("name")?.text === command.name;
  }
  if (command.kind !== "simple" || command.words.length > 0) {
    return !/^(?:variable_assignments?|function_definition)$/.test(node.type);
  }
  const assigned = node.type === "variable_assignments" ? node.namedChildren : [node];
  const [only] = command.assignments;
  if (node.type === "command" && only && command.assignments.length === 1) return isCut(node, only);
  return (
    assigned.length === command.assignments.length &&
    command.assignments.every((assignment, at) => isAssignment(assigned[at]!, assignment))
  );
}

function isAssignment(node: Node, { name, index, value }: Assignment): boolean {
  if (node.type !== "variable_assignment") return false;
  const target = node.childForFieldName("name");
  if (index ? !target?.text.startsWith(`${name}[`) : target?.text !== name) return false;
  const held = node.childForFieldName("value");
  if (value.kind === "scalar") {
    // An empty value has no node.
    return value.span?.start === value.span?.end ? !held : held?.endIndex === value.span?.end;
  }
  const elements =
    held?.type === "array" ? whole(held.namedChildren.filter(({ type }) => type !== "comment")) : [];
  return (
    held?.type === "array" &&
    elements.length === value.elements.length &&
    value.elements.every(({ span }, at) => elements[at]?.endIndex === span?.end)
  );
}

/** The grammar cuts a word such as `a-$b` without quotes behind the dollar; what touches belongs together. */
function whole(nodes: readonly Node[]): Node[] {
  return nodes.filter((node, at) => nodes[at + 1]?.startIndex !== node.endIndex);
}

/** The same in an assignment, whose rest is then taken for a command. */
function isCut(node: Node, { name, index, value }: Assignment): boolean {
  const [target] = node.namedChildren;
  return (
    !index &&
    target?.childForFieldName("name")?.text === name &&
    value.kind === "scalar" &&
    node.endIndex === value.span?.end &&
    whole(node.namedChildren).length === 1
  );
}
