import { constants } from "node:fs";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { bundleProblems, treeProblems } from "../../binaries/bundling/bundle-problems.ts";
import { launcherFor } from "../../binaries/bundling/launcher.ts";
import { libraryInTree, type LinkedFile } from "../../binaries/bundling/linked-file.ts";
import { leftToTheMachine, loaderOf, wantedLibraries, type Wanted } from "../../binaries/bundling/wanted.ts";
import { SluiceError } from "../../errors.ts";
import { linkedFile } from "./linked-files.ts";

/** A tree whose programs get their libraries along. */
export interface Tree {
  /** Where it lies. */
  readonly folder: string;
  readonly files: readonly string[];
  /** The folder in it for libraries. */
  readonly libraries: string;
  /** An empty folder; it lies there with them then. */
  readonly into: string;
}

/** A file of the system that built the tree. */
export interface Found {
  /** A copy of it. */
  readonly file: string;
  /** Where it was. */
  readonly folder: string;
}

/** Looks for libraries where the tree was built; for each what there is of that name, in the order of its folders. */
export type FindLibraries = (wanted: readonly Wanted[]) => Promise<readonly (readonly Found[])[]>;

/** How many libraries a tree gets at most; browsers have some hundred. */
const mostLibraries = 1000;

/**
 * Writes the tree with all libraries that its programs need, the C library and its loader among them, and in the place
 * of each program a launcher that starts it with those. What needs no loader stays as it is: scripts, static programs,
 * programs of other systems.
 *
 * @param note for the log
 * @returns the files of the new tree
 * @throws SluiceError `bundle-incomplete`, `elf-damaged`
 */
export async function bundle(
  tree: Tree,
  find: FindLibraries,
  note: (line: string) => void,
): Promise<readonly string[]> {
  const files = new Map<string, LinkedFile>();
  for (const path of tree.files) {
    const file = await linkedFile(join(tree.folder, path), path, `./${dirname(path)}`);
    if (file) files.set(path, file);
  }
  const programs = [...files.values()].filter(({ isProgram }) => isProgram);
  const brought = programs.length > 0 ? await bringLibraries(tree, files, find) : new Map<string, string>();
  const names = [...brought.keys()].map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
  note(`launchers: ${listed(programs.map(({ path }) => path))}; libraries: ${listed(names)}`);
  if (programs.length > 0)
    for (const [name, why] of leftToTheMachine(files)) note(`${name} isn't bundled: ${why}`);

  const writer = new TreeWriter(tree.into);
  const moved = new Map(programs.map(({ path }) => [path, programPath(path)]));
  for (const path of tree.files) await writer.copy(join(tree.folder, path), moved.get(path) ?? path);
  for (const [path, file] of brought) await writer.copy(file, path);
  for (const program of programs) {
    const loader = libraryInTree(files, program, loaderOf(program)!.name, tree.libraries)!.path;
    await writer.makeExecutable(loader);
    const from = (path: string): string => relative(dirname(program.path), path);
    const launch = {
      loader: from(loader),
      libraries: from(tree.libraries),
      program: from(programPath(program.path)),
    };
    await writer.write(program.path, launcherFor(program.elf.machine, launch));
    await writer.makeExecutable(program.path);
  }
  return [...writer.written].sort();
}

/**
 * Adds to `files` what they need and what that needs.
 *
 * @returns the files that were added, by their path in the tree
 */
async function bringLibraries(
  { libraries }: Tree,
  files: Map<string, LinkedFile>,
  find: FindLibraries,
): Promise<ReadonlyMap<string, string>> {
  refuse(treeProblems(files));
  const brought = new Map<string, string>();
  const given = new Set<Wanted["name"]>();
  for (;;) {
    const wanted = wantedLibraries(files, libraries).filter(({ name }) => !given.has(name));
    if (wanted.length === 0) break;
    if (brought.size + wanted.length > mostLibraries)
      refuse([`it needs more than ${mostLibraries} libraries`]);
    const found = await find(wanted);
    const problems: string[] = [];
    for (const [index, want] of wanted.entries()) {
      const path = `${libraries}/${want.name}`;
      const library = await fitting(want, path, found[index] ?? []);
      if (library && files.has(path)) problems.push(`it needs libraries of two machines called ${want.name}`);
      else if (library) {
        files.set(path, library.linked);
        brought.set(path, library.file);
      } else if (want.isOptional) given.add(want.name);
      else
        problems.push(
          `${want.by} needs ${want.name}, which is neither in the tree nor in a folder of libraries`,
        );
    }
    refuse([...problems, ...treeProblems(files)]);
  }
  refuse(bundleProblems(files, libraries));
  return brought;
}

/** The first that is a library for the right machine. */
async function fitting(
  { machine }: Wanted,
  path: string,
  found: readonly Found[],
): Promise<{ readonly file: string; readonly linked: LinkedFile } | undefined> {
  for (const { file, folder } of found) {
    const linked = await linkedFile(file, path, folder);
    if (linked?.elf.machine === machine) return { file, linked: { ...linked, isProgram: false } };
  }
  return undefined;
}

/** `bin/.app-bin` */
function programPath(path: string): string {
  const name = path.lastIndexOf("/") + 1;
  return `${path.slice(0, name)}.${path.slice(name)}-bin`;
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new SluiceError("bundle-incomplete", problems.join("; "), { exitCode: 1 });
}

class TreeWriter {
  readonly #folder: string;
  readonly written = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async copy(from: string, path: string): Promise<void> {
    await copyFile(from, await this.#place(path), constants.COPYFILE_FICLONE);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await writeFile(await this.#place(path), bytes);
  }

  async makeExecutable(path: string): Promise<void> {
    await chmod(join(this.#folder, path), 0o755);
  }

  async #place(path: string): Promise<string> {
    if (this.written.has(path)) refuse([`the tree has a file ${path} already`]);
    this.written.add(path);
    const to = join(this.#folder, path);
    await mkdir(dirname(to), { recursive: true });
    return to;
  }
}
