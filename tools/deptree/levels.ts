import { reversed, type Adjacency } from "./components.ts";

/**
 * The level of each node of a graph without cycles: 0 for those without successors, else one more than the
 * highest level among their successors (Kahn's algorithm).
 */
export function levelsOf(successors: Adjacency): Int32Array {
  const waitingFor = Int32Array.from(successors, (targets) => targets.length);
  const predecessors = reversed(successors);
  const level = new Int32Array(successors.length);
  const ready = [...successors.keys()].filter((node) => waitingFor[node] === 0);
  for (const node of ready) {
    for (const predecessor of predecessors[node]!) {
      level[predecessor] = Math.max(level[predecessor]!, level[node]! + 1);
      if (--waitingFor[predecessor]! === 0) ready.push(predecessor);
    }
  }
  return level;
}
