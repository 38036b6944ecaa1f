import { connectedComponents, type Adjacency, type Components } from "./components.ts";
import type { Edge, Graph } from "./graph.ts";
import { levelsOf } from "./levels.ts";

/** Packages that need each other in a circle, and the connections that are left out to order them. */
export interface Cycle {
  readonly packages: readonly string[];
  readonly broken: readonly { readonly from: string; readonly to: string }[];
}

/** pkgbase → whom it waits for, without cycles; keys and values sorted by name. */
export type Needs = ReadonlyMap<string, readonly string[]>;

/** States of the walk. */
const UNSEEN = 0;
const ON_PATH = 1;
const DONE = 2;

/** How firmly A needs B; within a cycle the weaker connections are left out first. */
const strengths = ["check", "provides", "firm"] as const;
type Strength = (typeof strengths)[number];

/**
 * Breaks every cycle in a fixed way, linear in the size of the graph. Among packages that need each other, the
 * connections that only checkdepends make give way first; if cycles remain, those that only `provides` make;
 * if cycles still remain, the package that comes first by name is built first. Whatever agrees with the order
 * thus found stays.
 */
export function breakCycles(graph: Graph): { needs: Needs; levels: string[][]; cycles: readonly Cycle[] } {
  const names = [...graph.keys()].sort();
  const position = new Map(names.map((name, at) => [name, at]));
  const all = names.map((name) => successorsOf(graph.get(name)!, position));
  const components = connectedComponents(all);

  const circular = withinComponents(all, components);
  const strengthOf = circularStrengths(names, graph, circular);
  let firm = circular;
  for (const weak of ["check", "provides"] as const) {
    const { component } = connectedComponents(firm);
    firm = firm.map((targets, from) =>
      targets.filter((to) => component[to] !== component[from] || strengthOf(from, to) !== weak),
    );
  }
  const order = orderOf(leaveOutBackwards(firm));
  const kept = all.map((targets, from) =>
    circular[from]!.length === 0
      ? targets
      : targets.filter((to) => components.component[to] !== components.component[from] || order(to, from)),
  );

  const needs = new Map(names.map((name, at) => [name, kept[at]!.map((to) => names[to]!)]));
  return { needs, levels: nameLevels(names, kept), cycles: describe(names, all, kept, components) };
}

function successorsOf(edges: readonly Edge[], position: ReadonlyMap<string, number>): number[] {
  if (edges.length === 0) return [];
  return [...new Set(edges.map((edge) => position.get(edge.to)!))].sort((a, b) => a - b);
}

/** Only the connections that lie on a cycle: those within a component. */
function withinComponents(successors: Adjacency, { component, sizes }: Components): Adjacency {
  return successors.map((targets, from) =>
    sizes[component[from]!] === 1 ? [] : targets.filter((to) => component[to] === component[from]),
  );
}

/** The strongest of the edges between two packages decides how firm their connection is. */
function circularStrengths(
  names: readonly string[],
  graph: Graph,
  circular: Adjacency,
): (from: number, to: number) => Strength {
  const strongest = new Map<string, Strength>();
  for (const [from, targets] of circular.entries()) {
    if (targets.length === 0) continue;
    for (const edge of graph.get(names[from]!)!) {
      const connection = `${names[from]} ${edge.to}`;
      const known = strongest.get(connection) ?? "check";
      const own = strengthOfEdge(edge);
      strongest.set(connection, strengths.indexOf(own) > strengths.indexOf(known) ? own : known);
    }
  }
  return (from, to) => strongest.get(`${names[from]} ${names[to]}`)!;
}

function strengthOfEdge(edge: Edge): Strength {
  if (edge.field.startsWith("checkdepends")) return "check";
  return edge.via === "provides" ? "provides" : "firm";
}

/** Leaves out what leads back to a package on the current path of a depth-first walk, last name first. */
function leaveOutBackwards(successors: Adjacency): Adjacency {
  const kept: number[][] = successors.map(() => []);
  const state = new Uint8Array(successors.length).fill(UNSEEN);
  const left = Int32Array.from(successors, (targets) => targets.length);
  for (let root = successors.length - 1; root >= 0; root--) {
    if (state[root] !== UNSEEN) continue;
    const path = [root];
    state[root] = ON_PATH;
    while (path.length > 0) {
      const node = path.at(-1)!;
      const to = successors[node]![--left[node]!];
      if (to === undefined) {
        state[node] = DONE;
        path.pop();
      } else if (state[to] !== ON_PATH) {
        kept[node]!.push(to);
        if (state[to] === UNSEEN) {
          state[to] = ON_PATH;
          path.push(to);
        }
      }
    }
  }
  return kept;
}

/** Whether one package is built before another, as far as a graph without cycles and names say. */
function orderOf(acyclic: Adjacency): (first: number, second: number) => boolean {
  const level = levelsOf(acyclic);
  return (first, second) =>
    level[first]! < level[second]! || (level[first] === level[second] && first < second);
}

function nameLevels(names: readonly string[], successors: Adjacency): string[][] {
  const levels: string[][] = [];
  for (const [at, level] of levelsOf(successors).entries()) (levels[level] ??= []).push(names[at]!);
  return levels;
}

function describe(
  names: readonly string[],
  all: Adjacency,
  kept: Adjacency,
  { component, sizes }: Components,
): Cycle[] {
  const cycles = new Map<number, { packages: string[]; broken: { from: string; to: string }[] }>();
  for (const [at, name] of names.entries()) {
    const number = component[at]!;
    if (sizes[number] === 1) continue;
    let cycle = cycles.get(number);
    if (!cycle) cycles.set(number, (cycle = { packages: [], broken: [] }));
    cycle.packages.push(name);
    const stays = new Set(kept[at]);
    for (const to of all[at]!) if (!stays.has(to)) cycle.broken.push({ from: name, to: names[to]! });
  }
  return [...cycles.values()];
}
