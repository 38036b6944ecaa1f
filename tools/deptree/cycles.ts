import { connectedComponents, reversed, type Adjacency, type Components } from "./components.ts";
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
const byStrength = ["check", "provides", "firm"] as const;
type Strength = (typeof byStrength)[number];

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

  const order = orderWithinCycles(names, graph, all, components);
  const { component, sizes } = components;
  const kept = all.map((targets, from) =>
    sizes[component[from]!] === 1
      ? targets
      : targets.filter((to) => component[to] !== component[from] || order(to, from)),
  );

  const needs = new Map(names.map((name, at) => [name, kept[at]!.map((to) => names[to]!)]));
  return { needs, levels: nameLevels(names, kept), cycles: describe(names, all, kept, components) };
}

/** Which of two packages of one cycle is built first. Looks at nothing but the packages that lie on cycles. */
function orderWithinCycles(
  names: readonly string[],
  graph: Graph,
  all: Adjacency,
  { component, sizes }: Components,
): (first: number, second: number) => boolean {
  const members = [...names.keys()].filter((at) => sizes[component[at]!]! > 1);
  const place = new Map(members.map((at, index) => [at, index]));
  const circular = members.map((from) =>
    all[from]!.filter((to) => component[to] === component[from]).map((to) => place.get(to)!),
  );
  const strengthOf = strengths(
    members.map((at) => names[at]!),
    graph,
  );
  let firm: Adjacency = circular;
  for (const weak of ["check", "provides"] as const) {
    const { component } = connectedComponents(firm);
    firm = firm.map((targets, from) =>
      targets.filter((to) => component[to] !== component[from] || strengthOf(from, to) !== weak),
    );
  }
  const before = orderOf(leaveOutBackwards(firm));
  return (first, second) => before(place.get(first)!, place.get(second)!);
}

function successorsOf(edges: readonly Edge[], position: ReadonlyMap<string, number>): number[] {
  if (edges.length === 0) return [];
  return [...new Set(edges.map((edge) => position.get(edge.to)!))].sort((a, b) => a - b);
}

/** The strongest of the edges between two packages decides how firm their connection is. */
function strengths(names: readonly string[], graph: Graph): (from: number, to: number) => Strength {
  const strongest = names.map((name) => {
    const connections = new Map<string, Strength>();
    for (const edge of graph.get(name)!) {
      const known = connections.get(edge.to) ?? "check";
      const own = strengthOfEdge(edge);
      connections.set(edge.to, byStrength.indexOf(own) > byStrength.indexOf(known) ? own : known);
    }
    return connections;
  });
  return (from, to) => strongest[from]!.get(names[to]!)!;
}

function strengthOfEdge(edge: Edge): Strength {
  if (edge.field.startsWith("checkdepends")) return "check";
  return edge.via === "provides" ? "provides" : "firm";
}

/**
 * Walks depth-first from packages to those that need them, first name first, and leaves out what leads back to a
 * package on the current path: thus the package that a walk starts from waits for none of its cycle.
 */
function leaveOutBackwards(successors: Adjacency): Adjacency {
  const dependents = reversed(successors);
  const kept: number[][] = successors.map(() => []);
  const state = new Uint8Array(successors.length).fill(UNSEEN);
  const next = new Int32Array(successors.length);
  for (let root = 0; root < successors.length; root++) {
    if (state[root] !== UNSEEN) continue;
    const path = [root];
    state[root] = ON_PATH;
    while (path.length > 0) {
      const node = path.at(-1)!;
      const dependent = dependents[node]![next[node]!++];
      if (dependent === undefined) {
        state[node] = DONE;
        path.pop();
      } else if (state[dependent] !== ON_PATH) {
        kept[dependent]!.push(node);
        if (state[dependent] === UNSEEN) {
          state[dependent] = ON_PATH;
          path.push(dependent);
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
