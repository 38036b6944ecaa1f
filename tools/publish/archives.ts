import { chmod, copyFile, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PlannedArchive } from "../release/plan/release-plan.ts";
import { sha256Of } from "../system/digest.ts";
import { run } from "../system/run.ts";
import type { StoredFile } from "./publisher.ts";

/**
 * Packs an archive and writes the file with its digest beside it, as `sha256sum -c` reads it. The same files make the
 * same bytes: names are sorted, times are the commit's, and nothing says who packed it.
 *
 * @param files what it holds, in a folder with the archive's name
 * @param folder where it is packed
 * @param time of everything in it, in seconds since 1970
 */
export async function packArchive(
  { file: name }: Pick<PlannedArchive, "file">,
  files: readonly StoredFile[],
  folder: string,
  time: number,
): Promise<readonly StoredFile[]> {
  const work = await mkdtemp(join(folder, "pack-"));
  try {
    const kind = name.endsWith(".zip") ? "zip" : "tar.xz";
    const inside = name.slice(0, -kind.length - 1);
    for (const file of files) {
      const to = join(work, inside, file.path);
      await mkdir(dirname(to), { recursive: true });
      await copyFile(file.file, to);
      await chmod(to, file.isExecutable ? 0o755 : 0o644);
    }
    const tar = join(work, "archive.tar");
    await run("tar", [
      "--create",
      `--file=${tar}`,
      `--directory=${work}`,
      "--sort=name",
      "--format=posix",
      "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
      `--mtime=@${time}`,
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--mode=u=rwX,go=rX",
      "--",
      inside,
    ]);
    const packed = join(work, "packed");
    // From a tar the zip gets no time but the one that is in it.
    if (kind === "zip") await run("bsdtar", ["--create", "--format=zip", "--file", packed, `@${tar}`]);
    else {
      await run("xz", ["--threads=1", "-6", "--check=crc64", tar]);
      await rename(`${tar}.xz`, packed);
    }
    const archive = await kept(packed, folder, name);
    const sums = join(work, "sums");
    await writeFile(sums, `${archive.sha256}  ${name}\n`);
    return [archive, await kept(sums, folder, `${name}.sha256`)];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function kept(from: string, folder: string, name: string): Promise<StoredFile> {
  const file = join(folder, name);
  await rename(from, file);
  return {
    path: name,
    file,
    sha256: await sha256Of(file),
    bytes: (await stat(file)).size,
    isExecutable: false,
  };
}
