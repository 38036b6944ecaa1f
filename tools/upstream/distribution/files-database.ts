import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { readFields } from "../../alpm/database.ts";
import { isPkgbase } from "../../alpm/names.ts";
import { readTarStream } from "../../alpm/tar-stream.ts";
import { isFullVersion } from "../../alpm/version.ts";
import { givenByFiles, givenByVersion, onlyLibraries } from "../../binaries/files.ts";
import { NamesLeft } from "../../binaries/limits.ts";
import { isLibrary, machinesOf } from "../../binaries/need.ts";
import { SluiceError } from "../../errors.ts";
import { decompress } from "./decompress.ts";

/** One package of a database; what it has none of isn't there. */
export interface KnownPackage {
  readonly version: string;
  /** Its package file, beside the database; of packages with libraries. */
  readonly file?: string;
  /** The symbol versions of its libraries, as they were read of the package itself. */
  readonly symbols?: readonly string[];
  /** The version that they were read of, where it has another one by now. */
  readonly symbolsOf?: string;
  readonly gives?: readonly string[];
  readonly provides?: readonly string[];
  readonly depends?: readonly string[];
  readonly onlyLibraries?: true;
}

/** Bytes. The largest of Arch's, extra.files, has 600 MB unpacked; of a package, most have some kilobytes. */
const [maxUnpacked, maxList, maxDescription] = [4 * 2 ** 30, 64 * 2 ** 20, 2 ** 20];
/** Characters. What is kept of extra.files has some 5 million. */
const maxKept = 64 * 2 ** 20;
const kept = ["NAME", "VERSION", "FILENAME", "PROVIDES", "DEPENDS"] as const;

/**
 * What the packages of a `.files` database give, by pkgname, without having more of it in memory than the list of one
 * package and what is kept.
 *
 * @throws SluiceError `tar-damaged`, `compression-damaged`, `too-large`, `names-too-many`
 */
export async function readFilesDatabase(
  body: Buffer,
  arch: string,
): Promise<Readonly<Record<string, KnownPackage>>> {
  const fields = new Map<string, Map<string, readonly string[]>>();
  const gives = new Map<string, readonly string[]>();
  const libraries = new Set<string>();
  const left = new NamesLeft(maxKept, "its packages give more than any distribution's");
  const machines = machinesOf(arch);
  const text = new TextDecoder();
  for await (const { path, size, read } of readTarStream(unpacked(body))) {
    const [folder = "", file] = path.replace(/^\.\//, "").split("/");
    if (file !== "desc" && file !== "depends" && file !== "files") continue;
    if (size > (file === "files" ? maxList : maxDescription)) {
      throw new SluiceError("too-large", `${path} is larger than that of any package`, { exitCode: 1 });
    }
    const content = text.decode(await read(size));
    if (file === "files") {
      const given = givenByFiles(linesOf(content), machines);
      left.take(folder, ...given);
      gives.set(folder, [...given].map(detached));
      if (given.size > 0 && onlyLibraries(linesOf(content))) libraries.add(folder);
    } else {
      const all = new Map<string, string[]>();
      readFields(content, all);
      const known = fields.get(folder) ?? new Map<string, readonly string[]>();
      fields.set(folder, known);
      for (const key of kept) {
        const values = all.get(key);
        if (!values) continue;
        left.take(folder, ...values);
        known.set(key, values);
      }
    }
  }
  return Object.fromEntries(
    [...fields].flatMap(([folder, values]) => {
      const [name, version] = [values.get("NAME")?.[0], values.get("VERSION")?.[0]];
      if (name === undefined || version === undefined) return [];
      // What pacman doesn't take either.
      if (!isPkgbase(name) || !isFullVersion(version)) return [];
      const given = [...(gives.get(folder) ?? []), ...givenByVersion(name, version)].sort();
      const [provides, depends] = [values.get("PROVIDES") ?? [], values.get("DEPENDS") ?? []];
      const file = values.get("FILENAME")?.[0];
      const pkg = {
        version,
        ...(file !== undefined && given.some(isLibrary) && { file }),
        ...(given.length > 0 && { gives: given }),
        ...(provides.length > 0 && { provides }),
        ...(depends.length > 0 && { depends }),
        ...(libraries.has(folder) && { onlyLibraries: true as const }),
      };
      return [[name, pkg]];
    }),
  );
}

/** The same text on its own: V8 keeps the whole list in memory for a name that was cut out of it. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** One at a time: there may be a million. */
function* linesOf(content: string): Generator<string> {
  for (let start = 0; start < content.length;) {
    const end = content.indexOf("\n", start);
    yield content.slice(start, end < 0 ? content.length : end);
    start = end < 0 ? content.length : end + 1;
  }
}

async function* unpacked(body: Buffer): AsyncGenerator<Uint8Array> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) {
    yield await decompress(body, 2 ** 30);
    return;
  }
  let total = 0;
  const pieces: AsyncIterable<Uint8Array> = Readable.from([body]).pipe(createGunzip({ chunkSize: 2 ** 20 }));
  try {
    for await (const piece of pieces) {
      total += piece.length;
      if (total > maxUnpacked)
        throw new SluiceError("too-large", `unpacked it is larger than ${maxUnpacked} bytes`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError("compression-damaged", "its compression is damaged", { exitCode: 1, cause: error });
  }
}
