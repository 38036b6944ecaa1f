import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { SluiceError } from "../../errors.ts";
import { run } from "../../system/run.ts";

const freshMs = 24 * 3600_000;
const maxBytes = 16 * 2 ** 20;

/**
 * The distribution's keyring with the keys of further keyring packages, which the operator named and so trusts: those
 * that a package calls trusted vouch for its others.
 *
 * @param keyring pacman's GPGDir
 * @param cache where packages are kept for a day
 * @param folder of this build
 * @throws SluiceError `keyring-away`
 */
export async function withKeyrings(
  keyring: string,
  urls: readonly string[],
  cache: string,
  folder: string,
): Promise<string> {
  if (urls.length === 0) return keyring;
  const home = join(folder, "keyring");
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, "pubring.gpg"), "");
  for (const name of ["pubring.gpg", "trustdb.gpg"]) {
    if (existsSync(join(keyring, name))) await copyFile(join(keyring, name), join(home, name));
  }
  const gpg = (args: readonly string[], input: Buffer): Promise<Buffer> =>
    run("gpg", ["--homedir", home, "--batch", "--no-permission-warning", "--quiet", ...args], { input });
  for (const url of urls) {
    const file = await cached(url, cache);
    const entries = (await run("bsdtar", ["-tf", file])).toString().split("\n");
    const named = (pattern: RegExp): string[] => entries.filter((entry) => pattern.test(entry));
    const read = (entry: string): Promise<Buffer> => run("bsdtar", ["-xOqf", file, entry]);
    for (const entry of named(/^(?:\.\/)?usr\/share\/pacman\/keyrings\/[\w.+-]+\.gpg$/))
      await gpg(["--import"], await read(entry));
    for (const entry of named(/^(?:\.\/)?usr\/share\/pacman\/keyrings\/[\w.+-]+-trusted$/)) {
      const trusted = (await read(entry)).toString().matchAll(/^([0-9A-F]{40}):/gm);
      const lines = [...trusted].map(([, fingerprint]) => `${fingerprint}:6:\n`);
      await gpg(["--import-ownertrust"], Buffer.from(lines.join("")));
    }
  }
  await gpg(["--check-trustdb"], Buffer.alloc(0));
  for (const name of ["pubring.gpg", "trustdb.gpg"]) await chmod(join(home, name), 0o644);
  return home;
}

/** One that can't be downloaded again is used as it is. */
async function cached(url: string, cache: string): Promise<string> {
  const path = join(cache, `${createHash("sha256").update(url).digest("hex")}.pkg.tar.zst`);
  const known = await stat(path).catch(() => undefined);
  if (known && Date.now() - known.mtimeMs < freshMs) return path;
  try {
    const content = url.startsWith("file://") ? await readFile(fileURLToPath(url)) : await download(url);
    await mkdir(cache, { recursive: true });
    await writeFile(`${path}.${process.pid}.tmp`, content);
    await rename(`${path}.${process.pid}.tmp`, path);
  } catch (cause) {
    if (!known) throw away(url, cause);
  }
  return path;
}

async function download(url: string): Promise<Buffer> {
  const { statusCode, body } = await request(url, { headersTimeout: 60_000, bodyTimeout: 60_000 });
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxBytes) throw new Error("it sends too much");
    pieces.push(piece);
  }
  if (statusCode !== 200) throw new Error(`it answers ${statusCode}`);
  return Buffer.concat(pieces);
}

function away(url: string, cause: unknown): SluiceError {
  const { code, message } = cause as { code?: string; message?: string };
  return new SluiceError("keyring-away", `the keyring ${url} can't be downloaded: ${code ?? message}`, {
    hint: "PACKAGE_TARGET_REPOS names it, in extra_keyrings.",
    cause,
  });
}
