import { createHash } from "node:crypto";
import type { FileBytes } from "../alpm/file-bytes.ts";
import { parsePkginfo, type Pkginfo } from "../alpm/pkginfo.ts";
import type { ArchivedEntry } from "../alpm/tar.ts";
import { damaged, type TarEntry } from "../alpm/tar-header.ts";
import { SluiceError } from "../errors.ts";
import { isElf, readElf, type Elf } from "./elf.ts";
import { maxPath, NamesLeft } from "./limits.ts";

/** What a package installs, as far as a person who judges it wants to compare it. Every text in it is anybody's. */
export interface PackageContents {
  readonly info: Pkginfo;
  /** By path, without a `/` at its begin; folders have none at their end. */
  readonly files: ReadonlyMap<string, PackagedFile>;
  /** `.INSTALL`, which pacman runs as root. */
  readonly scriptlet: string | undefined;
}

export interface PackagedFile extends Pick<TarEntry, "mode" | "owner" | "capabilities" | "target"> {
  readonly type: "file" | "link" | "hard link" | "folder" | "other";
  /** Bytes. */
  readonly size: number;
  /** A digest of what is in a file of which that was asked for. */
  readonly digest: string | undefined;
  /** Of programs and libraries; `unread` where it begins like one and can't be understood. */
  readonly elf: Pick<Elf, "needed" | "rpath" | "runpath"> | "unread" | undefined;
}

const types: Readonly<Record<string, PackagedFile["type"]>> = {
  "0": "file",
  "1": "hard link",
  "2": "link",
  "5": "folder",
};

/** Bytes. */
const maxText = 2 ** 20;
/** Of a package with many small files; each is kept while two packages are compared. */
const maxNames = 64 * 2 ** 20;

/**
 * Looks at every file of a package once and reads of each no more than is compared.
 *
 * @param isCompared of which files a digest of their content is kept
 * @throws SluiceError `tar-damaged`, `pkginfo`, `names-too-many`
 */
export async function readContents(
  entries: AsyncIterable<ArchivedEntry>,
  isCompared: (path: string) => boolean,
): Promise<PackageContents> {
  const left = new NamesLeft(maxNames);
  const files = new Map<string, PackagedFile>();
  let pkginfo = "";
  let scriptlet: string | undefined;
  for await (const entry of entries) {
    if (entry.path === ".PKGINFO") pkginfo = textOf(entry);
    else if (entry.path === ".INSTALL") scriptlet = textOf(entry);
    if (/^\.[^/]+$/.test(entry.path)) continue;
    if (Math.max(entry.path.length, entry.target.length) > maxPath) {
      throw damaged("a path is longer than Linux allows");
    }
    const path = normal(entry.path);
    const file = fileOf(entry, isCompared(path));
    left.take(path, file.target, ...namesIn(file));
    // Of two with one path, the one that is installed is the last.
    files.set(path, file);
  }
  return { info: parsePkginfo(pkginfo), files, scriptlet };
}

/** However it is written, as it is installed. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function textOf({ path, content }: ArchivedEntry): string {
  if (content.size > maxText) throw damaged(`${path} has ${content.size} bytes`);
  return new TextDecoder().decode(content.read(0, content.size));
}

function fileOf(
  { type: letter, mode, owner, capabilities, target, content }: ArchivedEntry,
  isCompared: boolean,
): PackagedFile {
  const type = types[letter] ?? "other";
  const isFile = type === "file";
  return {
    type,
    mode,
    owner,
    capabilities,
    target: type === "link" || type === "hard link" ? target : "",
    size: isFile ? content.size : 0,
    digest: isFile && isCompared ? digestOf(content) : undefined,
    elf: isFile ? elfOf(content) : undefined,
  };
}

function digestOf(content: FileBytes): string {
  const hash = createHash("sha256");
  const piece = 2 ** 20;
  for (let at = 0; at < content.size; at += piece) {
    hash.update(content.read(at, Math.min(piece, content.size - at)));
  }
  return hash.digest("hex");
}

function elfOf(content: FileBytes): PackagedFile["elf"] {
  if (content.size < 52 || !isElf(content.read(0, 4))) return undefined;
  try {
    const elf = readElf(content);
    return elf && { needed: elf.needed, rpath: elf.rpath, runpath: elf.runpath };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "elf-damaged") return "unread";
    throw error;
  }
}

function namesIn({ elf }: PackagedFile): readonly string[] {
  return elf === undefined || elf === "unread" ? [] : [...elf.needed, elf.rpath ?? "", elf.runpath ?? ""];
}
