import type { NarInfo } from "./narinfo.ts";

/** What is published of the caches that jobs made. */
export type Scope = "output" | "runtime" | "build";

/** Paths by their name without the store. */
export type Paths = ReadonlyMap<string, Pick<NarInfo, "references" | "deriver">>;

/**
 * What was built, with what it needs to run, or everything; each after the paths that it refers to, as far as they are
 * there. A path may refer to itself, and to no circle.
 */
export function pathsOf(paths: Paths, scope: Scope): readonly string[] {
  if (scope === "output") return outputsOf(paths);
  return withReferences(paths, scope === "runtime" ? outputsOf(paths) : [...paths.keys()]);
}

/** What nobody refers to; where derivations are among them, what the last of these has built. */
function outputsOf(paths: Paths): readonly string[] {
  const referred = new Set(
    [...paths].flatMap(([name, { references }]) => references.filter((other) => other !== name)),
  );
  const last = [...paths.keys()].filter((name) => !referred.has(name));
  const derivations = new Set(last.filter((name) => name.endsWith(".drv")));
  if (derivations.size === 0) return last;
  return [...paths].flatMap(([name, { deriver }]) => (derivations.has(deriver ?? "") ? name : []));
}

function withReferences(paths: Paths, names: readonly string[]): readonly string[] {
  const ordered = new Set<string>();
  const seen = new Set<string>();
  const visits = names.map((name) => ({ name, isLeft: false })).toReversed();
  for (let visit = visits.pop(); visit; visit = visits.pop()) {
    const { name, isLeft } = visit;
    const path = paths.get(name);
    if (!path) continue;
    if (isLeft) ordered.add(name);
    else if (!seen.has(name)) {
      seen.add(name);
      visits.push({ name, isLeft: true });
      visits.push(...path.references.map((reference) => ({ name: reference, isLeft: false })));
    }
  }
  return [...ordered];
}
