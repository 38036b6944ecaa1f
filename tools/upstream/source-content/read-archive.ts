import { createHash } from "node:crypto";
import { readTarStream, type StreamedEntry } from "../../alpm/tar-stream.ts";
import { SluiceError } from "../../errors.ts";
import { ContentLooks } from "../../gate/source-change/content-looks.ts";
import type { SourceFile, SourceTree } from "../../gate/source-change/source-tree.ts";
import { missing } from "../../system/run.ts";
import type { Job, Sandbox } from "../../sandbox/sandbox.ts";

/** What is looked at of one archive at most. */
export interface ArchiveLimits {
  /** Bytes, unpacked. */
  readonly bytes: number;
  readonly files: number;
  /** Characters of all paths together. */
  readonly paths: number;
  readonly seconds: number;
}

/** Linux has 1.6 GB in 90,000 files, of which the paths have 4 million characters. */
export const archiveLimits: ArchiveLimits = {
  bytes: 4 * 2 ** 30,
  files: 250_000,
  paths: 32 * 2 ** 20,
  seconds: 300,
};

/**
 * What an archive holds, whatever libarchive knows how to read. It is read in the sandbox, as a stream: nothing of it
 * is written anywhere, so that paths, links and sizes in it are only data.
 *
 * @param file readable for the sandbox's owner
 * @returns undefined where it is no archive
 * @throws SluiceError `archive-damaged`, `archive-too-large`; of the machine `program-missing`, `sandbox-start`
 */
export async function readArchive(
  file: string,
  sandbox: Sandbox,
  limits = archiveLimits,
): Promise<SourceTree | undefined> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const pieces = readable.values();
  const writer = writable.getWriter();
  let said = "";
  const running = sandbox
    .run({
      ...jobFor(file, limits),
      onOutput: (chunk, stream) => {
        if (stream === "stdout") return writer.write(chunk);
        said = `${said}${chunk.toString()}`.slice(0, 1000);
        return undefined;
      },
    })
    .finally(() => writer.close().catch(() => undefined));
  const reading = readFiles({ [Symbol.asyncIterator]: () => pieces }, limits).finally(() =>
    pieces.return?.(),
  );
  const [ran, read] = await Promise.allSettled([running, reading]);
  // The reader that gave up made the job fail, so its reason is the one.
  if (read.status === "rejected") throw read.reason;
  if (ran.status === "rejected") throw ran.reason;
  const { outcome } = ran.value;
  if (outcome.kind === "exited" && outcome.code === 0) return read.value;
  if (outcome.kind === "exited" && outcome.code === 127) throw missing("bsdtar");
  if (read.value.size === 0 && said.includes("Unrecognized archive format")) return undefined;
  const why = outcome.kind === "exited" ? "it is damaged" : `reading it ended as ${outcome.kind}`;
  throw new SluiceError("archive-damaged", `can't be read to its end: ${why}`, { exitCode: 1 });
}

function jobFor(file: string, { seconds }: ArchiveLimits): Omit<Job, "onOutput"> {
  return {
    command: ({ scratch, home, at }) => ({
      // Of GNU's format, as the sandbox's own archives are: it has no extensions that files could fill.
      argv: ["bsdtar", "--create", "--format=gnutar", "--file=-", `@${at("/source")}`],
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, LC_ALL: "C.UTF-8" },
      cwd: scratch,
    }),
    mounts: [{ source: file, target: "/source", writable: false }],
    user: "builder",
    network: false,
    limits: { seconds, graceSeconds: 1, memoryBytes: 2 ** 30, processes: 16, outputBytes: 2 ** 20 },
  };
}

async function readFiles(tar: AsyncIterable<Uint8Array>, limits: ArchiveLimits): Promise<SourceTree> {
  const files = new Map<string, SourceFile>();
  let [bytes, paths] = [0, 0];
  for await (const entry of readTarStream(tar)) {
    if (entry.type === "5") continue;
    bytes += entry.size;
    paths += entry.path.length;
    if (files.size >= limits.files) throw tooLarge(`more than ${limits.files} files`);
    if (bytes > limits.bytes) throw tooLarge(`more than ${limits.bytes} bytes unpacked`);
    if (paths > limits.paths) throw tooLarge("paths longer than those of any program");
    files.set(entry.path, await readFile(entry, files));
  }
  return files;
}

async function readFile(entry: StreamedEntry, files: SourceTree): Promise<SourceFile> {
  const { type, size, target } = entry;
  // A hard link has the content of a file that came before it.
  const linked = type === "1" ? files.get(target) : undefined;
  if (linked) return linked;
  if (type !== "0") return { kind: "link", id: blobId(Buffer.from(target)), looks: "text" };
  const hash = createHash("sha1").update(`blob ${size}\0`);
  const looks = new ContentLooks();
  for (let left = size; left > 0;) {
    const piece = await entry.read(Math.min(left, pieceSize));
    hash.update(piece);
    looks.update(piece);
    left -= piece.length;
  }
  return { kind: "file", id: hash.digest("hex"), looks: looks.result() };
}

const pieceSize = 2 ** 16;

function blobId(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function tooLarge(what: string): SluiceError {
  return new SluiceError("archive-too-large", `isn't looked at: it has ${what}`, { exitCode: 1 });
}
