import { libraryInTree, searchPath, type LinkedFile, type LinkedFiles } from "./linked-file.ts";
import { whyOfTheMachine } from "./of-the-machine.ts";
import { isLibraryFolder, systemFolders } from "./system-folders.ts";

/** A library that isn't in the tree. */
export interface Wanted {
  readonly name: string;
  /** As `Elf` has it. */
  readonly machine: string;
  /** Of the system that built the tree, in the order in which they are looked at. */
  readonly folders: readonly string[];
  /** The first file that needs it. */
  readonly by: string;
  /** Whether the program starts without it. */
  readonly isOptional: boolean;
}

/** What files of a tree need and it doesn't have yet; of what is brought for that, the next call tells. */
export function wantedLibraries(files: LinkedFiles, libraries: string): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const file of files.values()) {
    for (const { name, folders, isOptional } of neededBy(file)) {
      if (whyOfTheMachine(name) !== undefined || libraryInTree(files, file, name, libraries)) continue;
      const { machine } = file.elf;
      const before = wanted.get(`${machine}:${name}`);
      wanted.set(`${machine}:${name}`, {
        name,
        machine,
        folders: [...new Set([...(before?.folders ?? []), ...folders, ...systemFolders(machine)])],
        by: before?.by ?? file.path,
        isOptional: isOptional && (before?.isOptional ?? true),
      });
    }
  }
  return [...wanted.values()];
}

interface Needed {
  readonly name: string;
  readonly folders: readonly string[];
  readonly isOptional: boolean;
}

function neededBy(file: LinkedFile): readonly Needed[] {
  const own = searchPath(file).filter(isLibraryFolder);
  const needed = file.elf.needed.map((name) => ({ name, folders: own, isOptional: false }));
  const loader = loaderOf(file);
  return [
    ...needed,
    ...(loader === undefined ? [] : [{ ...loader, isOptional: false }]),
    // The C library loads it by name where a thread ends.
    ...(file.elf.soname === cLibrary ? [{ name: "libgcc_s.so.1", folders: [], isOptional: true }] : []),
  ];
}

export const cLibrary = "libc.so.6";

/** Of a program: `ld-linux-x86-64.so.2`, and where it says that this is. */
export function loaderOf({ isProgram, elf }: LinkedFile): Pick<Needed, "name" | "folders"> | undefined {
  if (!isProgram || elf.interpreter === undefined) return undefined;
  const slash = elf.interpreter.lastIndexOf("/");
  const folder = elf.interpreter.slice(0, slash);
  return { name: elf.interpreter.slice(slash + 1), folders: isLibraryFolder(folder) ? [folder] : [] };
}

/** Libraries of the machine that runs the programs, which aren't brought, with why. */
export function leftToTheMachine(files: LinkedFiles): ReadonlyMap<string, string> {
  const left = new Map<string, string>();
  for (const { elf } of files.values()) {
    for (const name of elf.needed) {
      const why = whyOfTheMachine(name);
      if (why !== undefined) left.set(name, why);
    }
  }
  return left;
}
