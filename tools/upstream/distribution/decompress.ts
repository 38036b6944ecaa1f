import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { execa } from "execa";
import { SluiceError, systemCode } from "../../errors.ts";

/**
 * The tar archive that repo-add compressed: gzip in this process, all else that libarchive knows (zstd, xz, bzip2,
 * lz4, …) through bsdcat, which undoes compression and looks at nothing inside.
 *
 * @throws SluiceError `too-large` beyond `maxBytes`, `program-missing` without bsdcat, `compression-damaged`.
 */
export async function decompress(bytes: Buffer, maxBytes: number): Promise<Uint8Array> {
  const tar = await uncompressed(bytes, maxBytes);
  if (isTar(tar)) return tar;
  throw new SluiceError("compression-damaged", "it is no tar archive, in no compression that bsdcat knows", {
    exitCode: 1,
  });
}

async function uncompressed(bytes: Buffer, maxBytes: number): Promise<Uint8Array> {
  try {
    if (isGzip(bytes)) return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
    if (isTar(bytes)) return bytes;
    const { stdout } = await execa("bsdcat", {
      input: bytes,
      encoding: "buffer",
      maxBuffer: maxBytes,
      stripFinalNewline: false,
      extendEnv: false,
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    return stdout;
  } catch (error) {
    throw explained(error, maxBytes);
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What is no archive passes bsdcat as it is: a web page in place of a database must not count as an empty one. */
function isTar(bytes: Uint8Array): boolean {
  const isEmptyArchive = bytes.length >= 1024 && bytes.every((byte) => byte === 0);
  return isEmptyArchive || Buffer.from(bytes.subarray(257, 262)).toString("latin1") === "ustar";
}

function explained(error: unknown, maxBytes: number): SluiceError {
  const code = systemCode(error);
  if (
    code === "ERR_BUFFER_TOO_LARGE" ||
    (error instanceof Error && "isMaxBuffer" in error && error.isMaxBuffer)
  ) {
    return new SluiceError("too-large", `unpacked it is larger than ${maxBytes} bytes`, { exitCode: 1 });
  }
  if (code === "ENOENT") {
    return new SluiceError("program-missing", "The program bsdcat isn't installed.", {
      facts: { program: "bsdcat" },
      hint: "Arch Linux: sudo pacman -S libarchive. Debian, Ubuntu: sudo apt-get install libarchive-tools.",
    });
  }
  return new SluiceError("compression-damaged", "its compression is damaged", {
    exitCode: 1,
    cause: error,
  });
}
