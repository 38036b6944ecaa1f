/** Neighbours by position: `successors[a]` holds the positions that `a` points to. */
export type Adjacency = readonly (readonly number[])[];

/** The same connections, pointing the other way. */
export function reversed(successors: Adjacency): Adjacency {
  const predecessors: number[][] = successors.map(() => []);
  for (const [node, targets] of successors.entries()) {
    for (const target of targets) predecessors[target]!.push(node);
  }
  return predecessors;
}

export interface Components {
  /** Node → number of its component. */
  readonly component: Int32Array;
  /** Component → how many nodes it has. */
  readonly sizes: readonly number[];
}

/**
 * Strongly connected components (Tarjan 1972), without recursion, so that a chain of a million nodes doesn't
 * overflow the stack.
 */
export function connectedComponents(successors: Adjacency): Components {
  const count = successors.length;
  const discovered = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const component = new Int32Array(count).fill(-1);
  const nextSuccessor = new Int32Array(count);
  const sizes: number[] = [];
  const open: number[] = [];
  const path: number[] = [];
  let clock = 0;

  for (let root = 0; root < count; root++) {
    if (discovered[root] === -1) explore(root);
  }
  return { component, sizes };

  function explore(root: number): void {
    enter(root);
    while (path.length > 0) {
      const node = path.at(-1)!;
      const successor = successors[node]![nextSuccessor[node]!++];
      if (successor === undefined) leave(node);
      else if (discovered[successor] === -1) enter(successor);
      else if (component[successor] === -1) low[node] = Math.min(low[node]!, discovered[successor]!);
    }
  }

  function enter(node: number): void {
    discovered[node] = low[node] = clock++;
    open.push(node);
    path.push(node);
  }

  function leave(node: number): void {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
    if (low[node] !== discovered[node]) return;
    const size = open.length;
    let member: number;
    do {
      member = open.pop()!;
      component[member] = sizes.length;
    } while (member !== node);
    sizes.push(size - open.length);
  }
}
