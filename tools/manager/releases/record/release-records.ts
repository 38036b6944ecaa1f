import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../../../errors.ts";
import {
  formatRecord,
  parseRecord,
  recordPath,
  recordsDir,
  type ReleaseRecord,
} from "../../../release/record/record.ts";
import { durablyNow, type Checkpoint } from "../../../steps.ts";
import type { ReleaseKey } from "./release-key.ts";

/**
 * What has happened of releases here, a file each, laid out as on the branch `state`. A change is read, made and
 * written at once, so that jobs that end together don't lose each other's.
 */
export class ReleaseRecords {
  readonly #folder: string;
  readonly #checkpoint: Checkpoint | undefined;

  /** @param folder the state folder */
  constructor(folder: string, checkpoint?: Checkpoint) {
    this.#folder = join(folder, "releases");
    this.#checkpoint = checkpoint;
  }

  read(key: ReleaseKey): ReleaseRecord | undefined {
    return parseRecord(this.#text(pathOf(key)));
  }

  ofProject(project: string): readonly ReleaseRecord[] {
    return this.#paths()
      .filter((path) => path.startsWith(`${recordsDir}/${project}/`))
      .flatMap((path) => parseRecord(this.#text(path)) ?? []);
  }

  ofOtherProjects(project: string): readonly ReleaseRecord[] {
    return this.#paths()
      .filter((path) => !path.startsWith(`${recordsDir}/${project}/`))
      .flatMap((path) => parseRecord(this.#text(path)) ?? []);
  }

  /** All of them, by path on the branch `state`; an empty text is to be deleted there. */
  texts(): ReadonlyMap<string, string> {
    return new Map(this.#paths().map((path) => [path, this.#text(path)!]));
  }

  write(key: ReleaseKey, record: ReleaseRecord): void {
    this.#write(pathOf(key), formatRecord(record));
  }

  /** It is gone here, and from the branch once that is pushed; nobody takes it over again. */
  forget(path: string): void {
    this.#write(path, "");
  }

  /** What was to be forgotten is gone from the branch. */
  forgotten(path: string): void {
    rmSync(join(this.#folder, path), { force: true });
  }

  /** Takes over what another machine has left on the branch, where nothing is known here. */
  adopt(files: ReadonlyMap<string, string>): void {
    for (const [path, text] of files) {
      if (parseRecord(text) && this.#text(path) === undefined) this.#write(path, text);
    }
  }

  #text(path: string): string | undefined {
    try {
      return readFileSync(join(this.#folder, path), "utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #paths(): string[] {
    try {
      const names = readdirSync(join(this.#folder, recordsDir), { recursive: true, encoding: "utf8" });
      return names
        .filter((name) => name.endsWith(".json"))
        .map((name) => `${recordsDir}/${name}`)
        .sort();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  #write(path: string, text: string): void {
    const file = join(this.#folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, text, { flush: true });
    durablyNow(this.#checkpoint, "release recorded", () => renameSync(`${file}.tmp`, file));
    const folder = openSync(dirname(file), "r");
    fsyncSync(folder);
    closeSync(folder);
  }
}

function pathOf({ project, channel, ref }: ReleaseKey): string {
  return recordPath(project, channel, ref);
}
