import { spawn } from "node:child_process";
import { finished } from "node:stream/promises";
import { readTarStream } from "../alpm/tar-stream.ts";
import { readPackage } from "../binaries/read-package.ts";
import type { PackageRecord } from "../binaries/record.ts";
import { SluiceError, systemCode } from "../errors.ts";
import { missing } from "../system/run.ts";

type KnownOfPackage = Pick<
  PackageRecord,
  "pkgname" | "pkgbase" | "version" | "arch" | "depends" | "provides"
>;

/**
 * What a package file needs and gives. A file of it that can't be understood doesn't keep it from being published: the
 * record says why it isn't complete.
 */
export async function readNeeds(path: string, known: KnownOfPackage): Promise<PackageRecord> {
  try {
    return await readPackage(readTarStream(uncompressed(path)));
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code === "program-missing") throw error;
    return { ...known, needs: {}, gives: [], builtWith: {}, unread: error.message };
  }
}

/** Bytes that come from libarchive's program, of whatever compression, without being on the disk in between. */
async function* uncompressed(path: string): AsyncGenerator<Uint8Array> {
  const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" };
  const program = spawn("bsdcat", [path], { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    program.once("error", (error) => reject(systemCode(error) === "ENOENT" ? missing("bsdcat") : error));
    program.once("close", resolve);
  });
  // It is awaited below; until then an error is nobody's.
  ended.catch(() => undefined);
  try {
    yield* program.stdout as AsyncIterable<Uint8Array>;
    if ((await ended) !== 0)
      throw new SluiceError("tar-damaged", `${path} can't be unpacked`, { exitCode: 1 });
  } finally {
    program.kill();
    await finished(program.stdout).catch(() => undefined);
  }
}
