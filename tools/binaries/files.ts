import { kinds } from "./kinds.ts";
import { libraryNeed, type Need } from "./need.ts";

/** A library by its path: the folder that the dynamic linker would find it in, and its name there. */
export function libraryAt(path: string): { readonly folder: string; readonly name: string } | undefined {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  return /\.so(?:\.|$)/.test(name) ? { folder: path.slice(0, slash), name } : undefined;
}

/** Whether the dynamic linker looks there without being told. */
export function isSearched(folder: string): boolean {
  return /^(?:usr\/)?(?:local\/)?lib(?:32|64)?(?:\/[a-z0-9_]+-linux-gnu[a-z0-9]*)?$/.test(folder);
}

export function givenLibrary(machine: string, folder: string, name: string): Need {
  return libraryNeed(machine, isSearched(folder) ? name : `${folder}/${name}`);
}

/**
 * What a package gives by the names of its files, as a distribution's `.files` lists them. Whose a library is says the
 * folder: `machines` are those of the architecture, its own first.
 */
export function givenByFiles(paths: Iterable<string>, machines: readonly string[]): Set<Need> {
  const gives = new Set<Need>();
  const [own, other] = machines;
  for (const path of paths) {
    for (const kind of kinds) {
      const value = kind.givenByPath?.(path);
      if (value !== undefined) gives.add(`${kind.name}:${value}`);
    }
    const library = libraryAt(path);
    if (!library) continue;
    const machine = /^usr\/lib32(?:\/|$)/.test(library.folder) ? other : own;
    if (machine !== undefined) gives.add(givenLibrary(machine, library.folder, library.name));
  }
  return gives;
}

/** Whether a package is there to be linked to and for nothing else, by the paths of its files. */
export function onlyLibraries(paths: Iterable<string>): boolean {
  let hasLibrary = false;
  for (const path of paths) {
    if (path === "" || path.endsWith("/") || path.startsWith("%")) continue;
    if (!isPartOfLibrary(path)) return false;
    hasLibrary ||= libraryAt(path) !== undefined;
  }
  return hasLibrary;
}

/** Whether a file is a library, or there for those who link to one. */
export function isPartOfLibrary(path: string): boolean {
  const library = libraryAt(path);
  if (library) return isSearched(library.folder);
  return partOfLibrary.test(path);
}

const partOfLibrary =
  /^usr\/(?:include|share\/(?:licenses|doc|man|info|locale|pkgconfig|gir-1\.0)|lib(?:32)?\/(?:pkgconfig|cmake|girepository-1\.0))\//;

/** What a version of a package gives whatever its files are called. */
export function givenByVersion(pkgname: string, version: string): Need[] {
  return kinds.flatMap(({ name, providers }) => {
    const value = Object.hasOwn(providers ?? {}, pkgname) ? providers?.[pkgname]?.(version) : undefined;
    return value === undefined ? [] : [`${name}:${value}`];
  });
}
