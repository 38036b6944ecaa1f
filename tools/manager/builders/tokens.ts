import { createHash, randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { fileVersion } from "../../system/unchanged-files.ts";

/** Which builders there may be: name → SHA-256 of its token. The tokens themselves are kept nowhere. */
export type KnownBuilders = ReadonlyMap<string, string>;

const fileOf = (state: string): string => join(state, "builders.json");

export async function readBuilders(state: string): Promise<KnownBuilders> {
  try {
    return new Map(
      Object.entries(JSON.parse(await readFile(fileOf(state), "utf8")) as Record<string, string>),
    );
  } catch (error) {
    if (systemCode(error) === "ENOENT") return new Map();
    throw new SluiceError("builders-file", `${fileOf(state)} can't be read`, {
      hint: "Restore it, or delete it and add the builders again: sluice builders add NAME",
      facts: { path: fileOf(state) },
      cause: error,
    });
  }
}

/**
 * Lets a builder of that name in, and no longer one that had the name before.
 *
 * @returns its token, which nobody can find out later
 */
export async function addBuilder(state: string, name: string): Promise<string> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/.test(name)) {
    throw new SluiceError("usage", `${JSON.stringify(name)} can't be a builder's name`, {
      hint: "Use letters, digits and . _ + -",
    });
  }
  const token = randomBytes(32).toString("base64url");
  await write(state, new Map([...(await readBuilders(state)), [name, digest(token)]]));
  return token;
}

/** @returns false where there is none of that name */
export async function removeBuilder(state: string, name: string): Promise<boolean> {
  const builders = new Map(await readBuilders(state));
  if (!builders.delete(name)) return false;
  await write(state, builders);
  return true;
}

/**
 * Tells whose token it is. The file is read again when it has changed: builders may ask thousands of times a minute.
 *
 * @throws SluiceError `builders-file`
 */
export function tokenReader(state: string): (token: string) => Promise<string | undefined> {
  let last: { readonly version: string; readonly names: ReadonlyMap<string, string> } | undefined;
  return async (token) => {
    const version = fileVersion(fileOf(state));
    if (last?.version !== version) {
      const names = new Map([...(await readBuilders(state))].map(([name, known]) => [known, name]));
      last = { version, names };
    }
    // How long it takes tells of the digest alone, which leads to no token.
    return last.names.get(digest(token));
  };
}

async function write(state: string, builders: KnownBuilders): Promise<void> {
  const fresh = `${fileOf(state)}.${process.pid}.tmp`;
  await writeFile(fresh, `${JSON.stringify(Object.fromEntries(builders), null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  await rename(fresh, fileOf(state));
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
