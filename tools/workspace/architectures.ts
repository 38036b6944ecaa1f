import type { Srcinfo } from "../alpm/srcinfo.ts";

interface Described {
  readonly srcinfo: Srcinfo | undefined;
}

/** CI_ARCHES: the architectures of a repository. What is made for any of them is built for the first. */
export type Architectures = readonly string[];

/** Whether one build of it is for all architectures. */
export function isForAny({ srcinfo }: Described): boolean {
  return srcinfo !== undefined && namedIn(srcinfo).every((arch) => arch === "any");
}

/** For which of a repository's architectures a package is built; none where it is for others alone. */
export function builtFor({ srcinfo }: Described, architectures: Architectures): Architectures {
  const named = srcinfo ? namedIn(srcinfo) : [];
  const own = architectures.filter((arch) => named.includes(arch));
  const isForAll = named.length === 0 || named.includes("any");
  return own.length === 0 && isForAll ? architectures.slice(0, 1) : own;
}

/** Whether the repository of that architecture has it, wherever it is built. */
export function isFor(pkg: Described, arch: string, architectures: Architectures): boolean {
  return isForAny(pkg) || builtFor(pkg, architectures).includes(arch);
}

/** The workspace as the repository of one architecture has it. */
export function workspaceFor<
  P extends Described,
  W extends {
    readonly config: { readonly CI_ARCHES: Architectures };
    readonly packages: ReadonlyMap<string, P>;
  },
>(workspace: W, arch: string): W {
  const { CI_ARCHES } = workspace.config;
  const packages = [...workspace.packages].filter(([, pkg]) => isFor(pkg, arch, CI_ARCHES));
  return { ...workspace, packages: new Map(packages) };
}

/** The architectures that a recipe names, of the whole and of single packages. */
export function namedIn({ base, packages }: Srcinfo): Architectures {
  const own = base.get("arch") ?? [];
  if (own.length < 2 && !packages.some(({ fields }) => fields.has("arch"))) return own;
  return [...new Set([...own, ...packages.flatMap(({ fields }) => fields.get("arch") ?? [])])];
}

/** Why a package isn't built at all. */
export function whyForeign(srcinfo: Srcinfo, architectures: Architectures): string {
  const here = architectures.join(" and ");
  return `arch = ${namedIn(srcinfo).join(" ")}, and ${here} is what is built here; add it, or any`;
}
