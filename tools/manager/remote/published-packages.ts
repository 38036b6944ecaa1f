import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { request, type Dispatcher } from "undici";
import type { DatabaseEntry } from "../../alpm/database.ts";
import type { Published } from "../../builder/build-request.ts";
import { SluiceError } from "../../errors.ts";
import { readDatabase } from "../../pkgrepo/database-file.ts";
import { sha256Of } from "../../system/digest.ts";
import { run } from "../../system/run.ts";
import type { RepositoryAddress } from "../builder-protocol.ts";

const keptMs = 14 * 24 * 3600_000;
const maxDatabaseBytes = 256 * 2 ** 20;
const maxPackageBytes = 16 * 2 ** 30;

/** The published repository as a builder elsewhere reads it: over HTTP, and nothing without a valid signature. */
export interface PublishedPackages {
  /** As it is now. @throws SluiceError `repository-away`, `repository-signature` */
  read(): Promise<Published>;
}

/**
 * @param options.url of the folder that holds `<name>/<arch>/`
 * @param options.folder where packages are kept between builds
 */
export async function openPublishedPackages(options: {
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly repository: Pick<RepositoryAddress, "name" | "key">;
  readonly arch: string;
  readonly folder: string;
}): Promise<PublishedPackages> {
  const { dispatcher, folder, arch } = options;
  const { name, key } = options.repository;
  const base = `${options.url.replace(/\/$/, "")}/${encodeURIComponent(name)}/${encodeURIComponent(arch)}`;
  await mkdir(folder, { recursive: true });
  await deleteOld(folder);
  const keyring = join(folder, ".keyring.gpg");
  await writeFile(keyring, await run("gpg", ["--batch", "--dearmor"], { input: Buffer.from(key) }));
  let last: { readonly from: string; readonly entries: readonly DatabaseEntry[] } | undefined;
  let fetched = 0;

  async function get(url: string, path: string, maxBytes: number): Promise<string | undefined> {
    let from = url;
    for (let hop = 0; hop < 4; hop++) {
      const { statusCode, headers, body } = await request(from, { dispatcher }).catch((error: unknown) => {
        throw away(base, error);
      });
      const target = headers["location"];
      if (statusCode >= 300 && statusCode < 400 && typeof target === "string") {
        await body.dump();
        from = new URL(target, from).href;
        if (new URL(from).origin !== new URL(url).origin) throw away(base, "it redirects to another server");
        continue;
      }
      if (statusCode === 404) return void (await body.dump());
      if (statusCode !== 200) {
        await body.dump();
        throw away(base, `it answers ${statusCode}`);
      }
      await pipeline(body, atMost(maxBytes), createWriteStream(path)).catch((error: unknown) => {
        throw away(base, error);
      });
      return from;
    }
    throw away(base, "it redirects in a circle");
  }

  async function verify(path: string): Promise<void> {
    try {
      await run("gpgv", ["--keyring", keyring, `${path}.sig`, path]);
    } catch (cause) {
      if (cause instanceof SluiceError && cause.code === "program-missing") throw cause;
      throw untrusted(path.slice(path.lastIndexOf("/") + 1), cause);
    }
  }

  async function read(): Promise<Published> {
    const path = join(folder, `.database-${fetched++}`);
    try {
      const from = await get(`${base}/${encodeURIComponent(name)}.db`, path, maxDatabaseBytes);
      if (from === undefined) return { entries: [], pathOf };
      if (last?.from !== from || !/\/databases\/\d+\//.test(from)) {
        await get(`${from}.sig`, `${path}.sig`, 2 ** 16);
        await verify(path);
        last = { from, entries: await readDatabase(path) };
      }
      return { entries: last.entries, pathOf };
    } finally {
      for (const file of [path, `${path}.sig`]) await rm(file, { force: true });
    }
  }

  async function pathOf({ filename, sha256 }: DatabaseEntry): Promise<string> {
    if (!/^[^/\0]+$/.test(filename) || filename.startsWith(".") || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw untrusted(filename, new Error("its entry in the database"));
    }
    const path = join(folder, sha256, filename);
    if (existsSync(path)) {
      const now = new Date();
      await utimes(join(folder, sha256), now, now);
      return path;
    }
    const fresh = join(folder, `.package-${fetched++}`);
    try {
      const url = `${base}/${encodeURIComponent(filename)}`;
      // The builder says it where a package is gone.
      if ((await get(url, fresh, maxPackageBytes)) === undefined) return path;
      await get(`${url}.sig`, `${fresh}.sig`, 2 ** 16);
      await verify(fresh);
      if ((await sha256Of(fresh)) !== sha256) throw untrusted(filename, new Error("its SHA-256"));
      await mkdir(join(folder, sha256), { recursive: true });
      await rename(fresh, path);
      return path;
    } finally {
      for (const file of [fresh, `${fresh}.sig`]) await rm(file, { force: true });
    }
  }

  return { read };
}

function atMost(bytes: number): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (chunks) {
    let left = bytes;
    for await (const chunk of chunks) {
      left -= chunk.length;
      if (left < 0) throw new Error("it sends too much");
      yield chunk;
    }
  };
}

/** Packages that no build needed for two weeks, and what a killed process left. */
async function deleteOld(folder: string): Promise<void> {
  const oldest = Date.now() - keptMs;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.startsWith(".") || (await stat(path)).mtimeMs < oldest)
      await rm(path, { recursive: true, force: true });
  }
}

function away(base: string, cause: unknown): SluiceError {
  const { code, message } = (typeof cause === "string" ? { message: cause } : cause) as {
    code?: string;
    message?: string;
  };
  return new SluiceError(
    "repository-away",
    `the published repository at ${base} can't be read: ${code ?? message}`,
    {
      hint: "Does the manager serve it there? REPOSITORY_URL names another address of it.",
      exitCode: 1,
    },
  );
}

function untrusted(name: string, cause: unknown): SluiceError {
  return new SluiceError(
    "repository-signature",
    `${name} of the published repository isn't signed by its key`,
    {
      hint: "Somebody changed it on the way or where it lies. Compare it with the manager's; nothing was built with it.",
      exitCode: 1,
      cause,
    },
  );
}
