import { createHash } from "node:crypto";
import type { StoredFile } from "../publisher.ts";

/** Where a published tree lies. Names are paths below its root. Digests are SHA-256, hexadecimal. */
export interface Store {
  /** The digest of what clients see under that name; undefined: nothing. */
  look(name: string): Promise<string | undefined>;
  /** The same, of the content as a client gets it. */
  read(name: string): Promise<string | undefined>;
  /** Brings a file there that clients can't see. */
  stage(name: string, file: StoredFile): Promise<void>;
  /** The digest of what was brought, by its content. */
  readStaged(name: string, sha256: string): Promise<string | undefined>;
  /** Makes it visible at once, unless something has that name. */
  show(name: string, sha256: string): Promise<void>;
  dropStaged(name: string, sha256: string): Promise<void>;
  /** All that clients see below a folder. */
  list(folder: string): Promise<readonly Listed[]>;
  /** Puts a file in place of another one at once: for what says what else is there. */
  replace(name: string, content: Buffer, type: string): Promise<void>;
  /** Takes away what clients see; nothing where nothing is there. */
  remove(name: string): Promise<void>;
  close?(): Promise<void>;
}

export interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** What a file is called that clients can't see yet. */
export function stagedName(name: string, sha256: string): string {
  return `${createHash("sha256").update(`${name}\0${sha256}`).digest("hex").slice(0, 32)}.new`;
}
