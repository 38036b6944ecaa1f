import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fstatSync } from "node:fs";
import { open, rm, statfs, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { FileBytes } from "../alpm/file-bytes.ts";
import { SluiceError, systemCode } from "../errors.ts";
import { PagedFile } from "../system/paged-file.ts";
import { missing } from "../system/run.ts";
import { stagingPrefix } from "./repository.ts";

/** Bytes. No package is larger unpacked. */
const maxUnpacked = 64 * 2 ** 30;

/**
 * Hands a package file to `read` as it is uncompressed, by libarchive's program, whatever the compression. It is on the
 * disk meanwhile, without a name: nothing is left of it, however this ends.
 *
 * @param folder where; default: that of the package file
 * @throws SluiceError `package-too-large` where it takes more than half of what is free, `tar-damaged`; of the machine
 * `program-missing`, `disk-full`
 */
export async function withUnpacked<T>(
  path: string,
  read: (tar: FileBytes) => Promise<T>,
  most = maxUnpacked,
  folder = dirname(path),
): Promise<T> {
  const file = await openWithoutName(folder);
  try {
    const { bavail, bsize } = await statfs(folder);
    await unpack(path, file.fd, Math.min(most, Math.floor((bavail * bsize) / 2)));
    return await read(new PagedFile(file.fd));
  } finally {
    await file.close();
  }
}

/** Whoever takes the repository's lock next deletes the name, if a process dies before it does so itself. */
async function openWithoutName(folder: string): Promise<FileHandle> {
  const path = join(folder, `${stagingPrefix}${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path, { force: true });
  return file;
}

async function unpack(path: string, file: number, most: number): Promise<void> {
  const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" };
  const limited = [`--fsize=${most}:${most}`, "--core=0:0", "--", "bsdcat", path];
  const program = spawn("prlimit", limited, { env, stdio: ["ignore", file, "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    program.once("error", (error) => reject(systemCode(error) === "ENOENT" ? missing("prlimit") : error));
    program.once("close", resolve);
  });
  const [status, said] = await Promise.all([ended, text(program.stderr!)]);
  if (status === 0) return;
  if (status === 127) throw missing("bsdcat");
  if (fstatSync(file).size >= most) {
    throw new SluiceError("package-too-large", `${path} has more than ${most} bytes unpacked`, {
      exitCode: 1,
    });
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    throw new SluiceError("disk-full", `There is no room to unpack ${path}, which says what it needs.`, {
      facts: { path },
      hint: "Free some space there, and run it again.",
      exitCode: 1,
    });
  }
  throw new SluiceError("tar-damaged", `${path} can't be unpacked`, { exitCode: 1 });
}
