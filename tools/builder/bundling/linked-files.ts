import { open } from "node:fs/promises";
import { isElf, readElf } from "../../binaries/elf.ts";
import type { LinkedFile } from "../../binaries/bundling/linked-file.ts";
import { SluiceError } from "../../errors.ts";
import { PagedFile } from "../../system/paged-file.ts";

/**
 * Reads a file that was built by anybody.
 *
 * @param path in the tree
 * @returns undefined where no dynamic linker has to do with it
 * @throws SluiceError `elf-damaged`
 */
export async function linkedFile(
  file: string,
  path: string,
  origin: string,
): Promise<LinkedFile | undefined> {
  const opened = await open(file, "r");
  try {
    const bytes = new PagedFile(opened.fd);
    if (bytes.size < 4 || !isElf(bytes.read(0, 4))) return undefined;
    const elf = readElf(bytes);
    if (!elf) return undefined;
    const isExecutable = ((await opened.stat()).mode & 0o100) !== 0;
    const isProgram = isExecutable && elf.interpreter !== undefined && elf.soname === undefined;
    return { path, origin, isProgram, elf };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new SluiceError(error.code, `${path}: ${error.message}`, { cause: error, exitCode: 1 });
  } finally {
    await opened.close();
  }
}
