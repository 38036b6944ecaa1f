import { parsePkginfo } from "../alpm/pkginfo.ts";
import { parseRelation } from "../alpm/relation.ts";
import { damaged } from "../alpm/tar-header.ts";
import type { FileBytes } from "../alpm/file-bytes.ts";
import type { ArchivedEntry } from "../alpm/tar.ts";
import { SluiceError } from "../errors.ts";
import { isElf, readElf, type Elf } from "./elf.ts";
import {
  givenByFiles,
  givenByVersion,
  givenLibrary,
  isPartOfLibrary,
  isSearched,
  libraryAt,
} from "./files.ts";
import { installed } from "./kind.ts";
import { kinds } from "./kinds.ts";
import { maxPath, NamesLeft } from "./limits.ts";
import { kindOf, libraryNeed, machinesOf, type Need } from "./need.ts";
import type { PackageRecord } from "./record.ts";

/** Bytes. No text that says what a package needs is larger. */
const maxText = 2 ** 20;

/** Its names are a whole file's, and looked at while that is read. */
type KeptElf = Omit<Elf, "names">;

interface Contents {
  readonly left: NamesLeft;
  readonly elfs: { readonly path: string; readonly elf: KeptElf }[];
  /** Symbolic links to libraries, with what they point at. */
  readonly links: Map<string, string>;
  /** With the first file that has it. */
  readonly needs: Map<Need, string>;
  readonly gives: Set<Need>;
  readonly unreadPaths: string[];
  hasLibrary: boolean;
  hasOthers: boolean;
  /** The first file that wasn't understood, and why. */
  unread: string | undefined;
  pkginfo: string;
  buildinfo: string;
}

/**
 * Looks at every file of a package once, in the order in which they come, and reads of each no more than says what it
 * needs.
 *
 * @throws SluiceError `tar-damaged`, `pkginfo`, `names-too-many`
 */
export async function readPackage(entries: AsyncIterable<ArchivedEntry>): Promise<PackageRecord> {
  const contents: Contents = {
    left: new NamesLeft(),
    elfs: [],
    links: new Map(),
    needs: new Map(),
    gives: new Set(),
    unreadPaths: [],
    hasLibrary: false,
    hasOthers: false,
    unread: undefined,
    pkginfo: "",
    buildinfo: "",
  };
  for await (const entry of entries) readEntry(entry, contents);
  return recordOf(contents);
}

function readEntry({ path, type, target, content }: ArchivedEntry, contents: Contents): void {
  if (path === ".PKGINFO") contents.pkginfo = textOf(path, content);
  else if (path === ".BUILDINFO") contents.buildinfo = textOf(path, content);
  if (path.startsWith(".")) return;
  if (Math.max(path.length, target.length) > maxPath) throw damaged("a path is longer than Linux allows");
  if (type !== "5") {
    contents.hasLibrary ||= libraryAt(path) !== undefined;
    contents.hasOthers ||= !isPartOfLibrary(path);
  }
  for (const { name, needOfPath, givenByPath, needsOfText } of kinds) {
    const [need, gift] = type === "5" ? [] : [needOfPath?.(path), givenByPath?.(path)];
    if (need !== undefined) addNeed(contents, `${name}:${need}`, path);
    if (gift !== undefined) addGift(contents, `${name}:${gift}`);
    if (type === "0" && needsOfText?.isIt(path)) {
      for (const value of needsOfText.read(textOf(path, content)))
        addNeed(contents, `${name}:${value}`, path);
    }
  }
  if (type === "2" && libraryAt(path)) {
    contents.left.take(path, target);
    contents.links.set(path, target);
  }
  // Symbols kept apart have the headers of what they are of, and nothing behind them.
  if (type !== "0" || content.size < 52 || path.startsWith("usr/lib/debug/")) return;
  if (!isElf(content.read(0, 4))) return;
  try {
    const elf = readElf(content);
    if (elf) addElf(contents, path, elf);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "elf-damaged") throw error;
    contents.left.take(path);
    contents.unread ??= `${path} can't be read: ${error.message}`;
    contents.unreadPaths.push(path);
  }
}

function textOf(path: string, content: FileBytes): string {
  if (content.size > maxText) throw damaged(`${path} has ${content.size} bytes`);
  return new TextDecoder().decode(content.read(0, content.size));
}

function addElf(contents: Contents, path: string, { names, ...elf }: Elf): void {
  const { needed, soname = "", rpath = "", runpath = "", interpreter = "", neededVersions, versions } = elf;
  contents.left.take(path, soname, rpath, runpath, interpreter, ...needed, ...versions);
  for (const [library, wanted] of neededVersions) contents.left.take(library, ...wanted);
  contents.elfs.push({ path, elf });
  for (const { name, needOfBinary } of kinds) {
    const value = needOfBinary?.(path, { ...elf, names });
    if (value !== undefined) addNeed(contents, `${name}:${value}`, path);
  }
}

function addNeed({ left, needs }: Contents, need: Need, path: string): void {
  if (needs.has(need)) return;
  left.take(need, path);
  needs.set(need, path);
}

function addGift({ left, gives }: Contents, gift: Need): void {
  if (gives.has(gift)) return;
  left.take(gift);
  gives.add(gift);
}

function recordOf(contents: Contents): PackageRecord {
  const { fields, ...info } = parsePkginfo(contents.pkginfo);
  const { pkgname, pkgbase, version, arch } = info;
  const all = (key: string): readonly string[] => fields.get(key) ?? [];
  const depends = all("depend");
  const inside = librariesInside(contents);
  // What isn't understood may be the library that its name says.
  const byName = givenByFiles(contents.unreadPaths, machinesOf(arch));
  const gives = new Set([...contents.gives, ...inside, ...byName, ...givenByVersion(pkgname, version)]);
  const versions = installedVersions(contents.buildinfo);
  const needs: Record<Need, { file: string; folders?: readonly string[] }> = {};
  const add = (need: Need, file: string, folders: readonly string[] = []): void => {
    if (gives.has(need) || Object.hasOwn(needs, need)) return;
    contents.left.take(need, file, ...folders);
    needs[need] = folders.length > 0 ? { file, folders } : { file };
  };
  // A package knows where its own libraries lie: by a folder in its files, or by a script that says so.
  const own = new Set([...inside].map((need) => `${kindOf(need)}:${need.slice(need.search(/[^:/]+$/))}`));
  for (const { path, elf } of contents.elfs) {
    const folders = searched(elf, path);
    for (const library of librariesOf(elf)) {
      if (own.has(libraryNeed(elf.machine, library))) continue;
      add(libraryNeed(elf.machine, library), path, folders);
      for (const symbols of elf.neededVersions.get(library) ?? []) {
        add(libraryNeed(elf.machine, `${library}@${symbols}`), path);
      }
    }
  }
  for (const [need, path] of contents.needs) {
    for (const known of need.endsWith(`:${installed}`) ? valuesInstalled(need, versions) : [need])
      add(known, path);
  }
  const related = new Set([...depends, ...all("makedepend")].map((text) => parseRelation(text).name));
  for (const { providers = {} } of kinds) for (const name of Object.keys(providers)) related.add(name);
  return {
    pkgname,
    pkgbase,
    version,
    arch,
    needs,
    gives: [...gives].sort(),
    depends,
    provides: all("provides"),
    ...(contents.hasLibrary && !contents.hasOthers && { onlyLibraries: true as const }),
    ...(contents.unread !== undefined && { unread: contents.unread }),
    builtWith: Object.fromEntries([...versions].filter(([name]) => related.has(name)).sort()),
  };
}

/** NEEDED, and what loads the program; each is asked for by its name alone. */
function librariesOf({ needed, interpreter }: KeptElf): Set<string> {
  const names = interpreter === undefined ? needed : [...needed, interpreter];
  return new Set(names.map((name) => name.slice(name.lastIndexOf("/") + 1)).filter((name) => name !== ""));
}

/** What the package's own libraries give, by their names, their sonames, and links to them. */
function librariesInside({ left, elfs, links }: Contents): Set<Need> {
  const gives = new Set<Need>();
  const byPath = new Map(elfs.map(({ path, elf }) => [path, elf]));
  const give = (path: string, name: string, { machine, versions }: KeptElf): void => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const need = givenLibrary(machine, folder, name);
    if (gives.has(need)) return;
    left.take(need);
    gives.add(need);
    if (!isSearched(folder)) return;
    for (const version of versions) {
      left.take(need, version);
      gives.add(`${need}@${version}`);
    }
  };
  for (const { path, elf } of elfs) {
    const library = libraryAt(path);
    if (library) give(path, library.name, elf);
    if (elf.soname !== undefined && elf.interpreter === undefined) give(path, elf.soname, elf);
  }
  for (const path of links.keys()) {
    const elf = byPath.get(followed(path, links));
    if (elf) give(path, path.slice(path.lastIndexOf("/") + 1), elf);
  }
  return gives;
}

function followed(path: string, links: ReadonlyMap<string, string>): string {
  let at = path;
  // As many as Linux follows.
  for (let left = 40; left > 0 && links.has(at); left--) at = joined(at, links.get(at)!);
  return at;
}

function joined(path: string, target: string): string {
  const parts = target.startsWith("/") ? [] : path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The folders that a file names for its libraries, beside those where the dynamic linker looks anyway. */
function searched({ rpath, runpath }: KeptElf, path: string): string[] {
  const folders = (runpath ?? rpath ?? "").split(":").filter((one) => one !== "");
  const absolute = folders.map((folder) =>
    joined(path, folder.replace(/^\$(?:ORIGIN|\{ORIGIN\})/, "./").replace(/\$(?:LIB|\{LIB\})/g, "lib")),
  );
  return [...new Set(absolute)].filter((folder) => !isSearched(folder));
}

/** `installed = name-version-rel-arch` lines. */
function installedVersions(buildinfo: string): Map<string, string> {
  const versions = new Map<string, string>();
  for (const [, name, version] of buildinfo.matchAll(/^installed = (\S+)-([^-\s]+-[^-\s]+)-[^-\s]+$/gm)) {
    versions.set(name!, version!);
  }
  return versions;
}

function valuesInstalled(need: Need, versions: ReadonlyMap<string, string>): Need[] {
  const kind = kinds.find(({ name }) => need.startsWith(`${name}:`));
  const [value] = Object.entries(kind?.providers ?? {}).flatMap(([pkgname, of]) => {
    const version = versions.get(pkgname);
    return version === undefined ? [] : (of(version) ?? []);
  });
  return kind && value !== undefined ? [`${kind.name}:${value}`] : [];
}
