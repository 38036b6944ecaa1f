import { formatChaotic } from "./chaotic.ts";
import type { DependencyTree } from "./tree.ts";

export const treeFormats = {
  json: formatJson,
  chaotic: formatChaotic,
  dot: formatDot,
} satisfies Record<string, (tree: DependencyTree) => string>;

function formatJson({ packages, cycles, levels, order }: DependencyTree): string {
  return `${JSON.stringify({ packages: Object.fromEntries(packages), cycles, levels, order })}\n`;
}

/** Graphviz: solid lines for pkgnames, dashed ones for provides, dotted ones for checkdepends. */
function formatDot({ packages }: DependencyTree): string {
  const lines = ["digraph packages {", "  rankdir=LR;", "  node [shape=box];"];
  for (const [pkgbase, { edges }] of packages) {
    lines.push(`  ${JSON.stringify(pkgbase)};`);
    for (const { to, name, field, via } of edges) {
      const style = field.startsWith("checkdepends") ? "dotted" : via === "provides" ? "dashed" : "solid";
      const label = JSON.stringify(`${field}: ${name}`);
      lines.push(`  ${JSON.stringify(pkgbase)} -> ${JSON.stringify(to)} [style=${style}, label=${label}];`);
    }
  }
  return `${lines.join("\n")}\n}\n`;
}
