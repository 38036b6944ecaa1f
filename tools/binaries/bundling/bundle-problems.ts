import { libraryInTree, type LinkedFile, type LinkedFiles } from "./linked-file.ts";
import { cLibrary, loaderOf } from "./wanted.ts";

/** What is wrong with a tree before anything is looked for, a sentence without its end for each. */
export function treeProblems(files: LinkedFiles): readonly string[] {
  return [...files.values()].flatMap(({ path, elf, isProgram }) => [
    ...elf.needed
      .filter((name) => !isLibraryName(name))
      .map((name) => `${path} needs ${JSON.stringify(name)}, which is no library's name`),
    ...(isProgram && !isLibraryName(elf.interpreter?.split("/").at(-1) ?? "")
      ? [`the loader of ${path} has an odd name`]
      : []),
  ]);
}

/** Anything else is a path, or isn't worth being careful with everywhere. */
function isLibraryName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+@~-]{0,199}$/.test(name);
}

/** Why a tree that has all its libraries wouldn't start all the same. */
export function bundleProblems(files: LinkedFiles, libraries: string): readonly string[] {
  return [...files.values()].flatMap((file) => [
    ...foreignSearchPath(file),
    ...lackingVersions(files, file, libraries),
    ...(file.isProgram ? unusableLoader(files, file, libraries) : []),
  ]);
}

/** DT_RPATH goes before what the loader is told (ld.so(8)); DT_RUNPATH comes after it. */
function foreignSearchPath({ path, elf }: LinkedFile): readonly string[] {
  const foreign = elf.runpath === undefined && elf.rpath?.split(":").find((entry) => entry.startsWith("/"));
  if (!foreign) return [];
  return [
    `${path} has the RPATH ${foreign}, where it would find another machine's libraries first; link it with -Wl,--enable-new-dtags`,
  ];
}

function lackingVersions(files: LinkedFiles, file: LinkedFile, libraries: string): readonly string[] {
  return [...file.elf.neededVersions].flatMap(([name, versions]) => {
    const library = libraryInTree(files, file, name, libraries);
    if (!library || library.elf.versions.length === 0) return [];
    const lacking = versions.find((version) => !library.elf.versions.includes(version));
    return lacking === undefined
      ? []
      : [`${file.path} needs ${lacking} of ${name}, and ${library.path} lacks it`];
  });
}

function unusableLoader(files: LinkedFiles, program: LinkedFile, libraries: string): readonly string[] {
  const library = libraryInTree(files, program, cLibrary, libraries);
  const loader = libraryInTree(files, program, loaderOf(program)?.name ?? "", libraries);
  if (!library || !loader)
    return [`${program.path} isn't linked to ${cLibrary}; programs of other C libraries can't be bundled`];
  if (library.origin.startsWith("/") !== loader.origin.startsWith("/"))
    return [`of ${library.path} and ${loader.path} one is the tree's own; they work only with each other`];
  // --argv0 came with it.
  return library.elf.versions.includes("GLIBC_2.33")
    ? []
    : [
        `${program.path} is built with a C library older than 2.33, whose loader can't be told a program's name`,
      ];
}
