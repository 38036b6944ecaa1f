import { chmod, copyFile, lstat, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { constants } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SluiceError, systemCode } from "../../../errors.ts";
import { sha256Of } from "../../../system/digest.ts";
import type { ArtifactFile } from "../../../release/record/record.ts";
import { durably, type Checkpoint } from "../../../steps.ts";
import { flush } from "../../../system/flush.ts";

/** What jobs made, each file once, by its SHA-256. */
export class ArtifactStore {
  readonly #folder: string;
  readonly #checkpoint: Checkpoint | undefined;

  /** @param state the state folder, on whose disk jobs work */
  constructor(state: string, checkpoint?: Checkpoint) {
    this.#folder = join(state, "releases", "artifacts");
    this.#checkpoint = checkpoint;
  }

  /**
   * Moves a file into the store.
   *
   * @param path what the artifact calls it
   */
  async take(file: string, path: string): Promise<ArtifactFile> {
    const { mode, size } = await lstat(file);
    const sha256 = await this.keep(file);
    return { path, sha256, bytes: size, isExecutable: (mode & 0o100) !== 0 };
  }

  /** Moves a file's bytes into the store. @returns their SHA-256 */
  async keep(file: string): Promise<string> {
    const sha256 = await sha256Of(file);
    const kept = this.pathOf(sha256);
    await mkdir(dirname(kept), { recursive: true });
    await chmod(file, 0o644);
    // Whatever time its job gave it: what is new isn't on record yet.
    await utimes(file, new Date(), new Date());
    await flush(file);
    await durably(this.#checkpoint, "artifact kept", () => rename(file, kept));
    return sha256;
  }

  async has({ sha256, bytes }: Pick<ArtifactFile, "sha256" | "bytes">): Promise<boolean> {
    try {
      return (await stat(this.pathOf(sha256))).size === bytes;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  /**
   * A copy that is what its digest says.
   *
   * @throws SluiceError `artifact-damaged`
   */
  async copy({ sha256, path, isExecutable }: ArtifactFile, to: string): Promise<void> {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(this.pathOf(sha256), to, constants.COPYFILE_FICLONE);
    await chmod(to, isExecutable ? 0o755 : 0o644);
    if ((await sha256Of(to)) !== sha256) throw this.#damaged({ sha256, path });
  }

  /**
   * Deletes what isn't needed.
   *
   * @param needed by SHA-256
   * @param before only what came earlier, in milliseconds since 1970: what a job is leaving now is on no record yet
   */
  async dropAllBut(needed: ReadonlySet<string>, before: number): Promise<void> {
    for (const path of await readdir(this.#folder, { recursive: true }).catch(() => [])) {
      const sha256 = basename(path);
      if (sha256.length !== 64 || needed.has(sha256)) continue;
      const found = await stat(this.pathOf(sha256)).catch(() => undefined);
      if (found && found.mtimeMs < before) await rm(this.pathOf(sha256), { force: true });
    }
  }

  /** @throws SluiceError `artifact-damaged` */
  async check(file: Pick<ArtifactFile, "path" | "sha256" | "bytes">): Promise<void> {
    const isWhole = (await this.has(file)) && (await sha256Of(this.pathOf(file.sha256))) === file.sha256;
    if (!isWhole) throw this.#damaged(file);
  }

  #damaged({ path, sha256 }: Pick<ArtifactFile, "path" | "sha256">): SluiceError {
    return new SluiceError("artifact-damaged", `${path} in the store isn't ${sha256} any more`, {
      hint: `Delete ${this.pathOf(sha256)}; the job that made it runs again.`,
      facts: { path: this.pathOf(sha256) },
      exitCode: 1,
    });
  }

  pathOf(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
}
