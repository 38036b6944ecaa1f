import { chmod, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../../errors.ts";

/** What all caches together may take, in bytes; those that weren't used for longest give way. */
const mostBytes = 20 * 2 ** 30;

/** What nobody has used in that time goes. */
const mostDays = 30;

/**
 * Archives of folders that jobs of releases keep from run to run, one for each job of a project, and for each of its
 * targets. They are read in the sandbox alone, and nothing is lost when they are.
 */
export class JobCaches {
  readonly #folder: string;
  readonly #now: () => number;

  /**
   * @param state the state folder, of a manager or a builder
   * @param now milliseconds since 1970
   */
  constructor(state: string, now: () => number = Date.now) {
    this.#folder = join(state, "releases", "caches");
    this.#now = now;
  }

  /** The archive; undefined: there is none. It counts as used then. */
  async find(project: string, key: string): Promise<string | undefined> {
    const path = this.#pathOf(project, key);
    const now = this.#now() / 1000;
    try {
      await utimes(path, now, now);
      return path;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Moves an archive here in place of the earlier one. */
  async keep(file: string, project: string, key: string): Promise<void> {
    const path = this.#pathOf(project, key);
    await mkdir(dirname(path), { recursive: true });
    await chmod(file, 0o644);
    await rename(file, path);
    await this.find(project, key);
    await this.sweep();
  }

  /** Deletes what wasn't used for long, and what is too much. */
  async sweep(most = mostBytes): Promise<void> {
    const names = await readdir(this.#folder, { recursive: true }).catch(() => []);
    const files = [];
    for (const path of names.map((name) => join(this.#folder, name))) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile()) files.push({ path, bytes: found.size, usedAt: found.mtimeMs });
    }
    let sum = 0;
    for (const { path, bytes, usedAt } of files.sort((a, b) => b.usedAt - a.usedAt)) {
      sum += bytes;
      const isOld = this.#now() - usedAt > mostDays * 24 * 3600_000;
      if (isOld || sum > most) await rm(path, { force: true });
    }
  }

  #pathOf(project: string, key: string): string {
    return join(this.#folder, project, `${key}.tar`);
  }
}
