import { chmod, copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import { sha256Of } from "../../system/digest.ts";
import { flush } from "../../system/flush.ts";
import type { StoredFile } from "../publisher.ts";
import { stagedName, type Listed, type Store } from "./store.ts";

/** A folder of this machine. What isn't visible yet lies beside its place, under a hidden name. */
export class FolderStore implements Store {
  readonly #root: string;
  readonly #checkpoint: Checkpoint | undefined;

  constructor(root: string, checkpoint: Checkpoint | undefined) {
    this.#root = root;
    this.#checkpoint = checkpoint;
  }

  look(name: string): Promise<string | undefined> {
    return this.read(name);
  }

  read(name: string): Promise<string | undefined> {
    return digestOf(this.#at(name));
  }

  async stage(name: string, { file, sha256, isExecutable }: StoredFile): Promise<void> {
    const staged = this.#staged(name, sha256);
    await makeFolder(dirname(staged));
    await durably(this.#checkpoint, "release file staged", () => copyFile(file, staged));
    await chmod(staged, isExecutable ? 0o755 : 0o644);
    await flush(staged);
  }

  readStaged(name: string, sha256: string): Promise<string | undefined> {
    return digestOf(this.#staged(name, sha256));
  }

  async show(name: string, sha256: string): Promise<void> {
    const target = this.#at(name);
    await durably(this.#checkpoint, "release file shown", () => link(this.#staged(name, sha256), target));
    await flush(dirname(target));
  }

  async dropStaged(name: string, sha256: string): Promise<void> {
    await rm(this.#staged(name, sha256), { force: true });
  }

  async list(folder: string): Promise<readonly Listed[]> {
    const listed: Listed[] = [];
    for (const path of await filesBelow(this.#at(folder))) {
      const { size, mtime } = await stat(path);
      listed.push({ name: relative(this.#root, path), bytes: size, modified: mtime });
    }
    return listed;
  }

  async replace(name: string, content: Buffer): Promise<void> {
    const target = this.#at(name);
    const fresh = join(dirname(target), `.${stagedName(name, "")}`);
    await makeFolder(dirname(target));
    await writeFile(fresh, content, { flush: true });
    await durably(this.#checkpoint, "release page replaced", () => rename(fresh, target));
  }

  async remove(name: string): Promise<void> {
    await durably(this.#checkpoint, "published file deleted", () => rm(this.#at(name), { force: true }));
  }

  #at(name: string): string {
    return join(this.#root, name);
  }

  #staged(name: string, sha256: string): string {
    return join(dirname(this.#at(name)), `.${stagedName(name, sha256)}`);
  }
}

/** @throws SluiceError `store-folder` where something that is no folder stands in its place, or it may not be made */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new SluiceError("store-folder", `${folder} can't be made a folder (${code})`, {
      hint: "Check the address of the publication, and who may write there.",
      facts: { folder },
      cause: error,
    });
  }
}

async function digestOf(path: string): Promise<string | undefined> {
  return whereThere(() => sha256Of(path), undefined);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await whereThere(() => readdir(folder, { recursive: true, withFileTypes: true }), []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function whereThere<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return otherwise;
    throw error;
  }
}
