import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { run } from "../../system/run.ts";
import { definitionFolders, isOfDefinition } from "./record/release-at.ts";

const namespace = "sluice-release";
const signersFile = ".ci/allowed-signers";

/** Where a project's signature lies. */
export function signatureFile(project: string): string {
  return `releases/${project}/release.sig`;
}

/**
 * What is signed: the digests of all files that decide what a project's jobs do and where they publish, and of who may
 * sign. So who may sign changes by a signature of somebody who may already.
 */
export async function signedText(git: Git, commit: string, definition: Definition): Promise<string> {
  const listed = [];
  for (const folder of definitionFolders(definition)) listed.push(...(await listTree(git, commit, folder)));
  const entries = listed.filter(({ path }) => isOfDefinition(path, definition));
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  const lines = entries.map(
    ({ mode, id, path }) => `${sha256(blobs.get(id)!)} ${mode} ${JSON.stringify(path)}\n`,
  );
  return [...lines.sort(), `${sha256(Buffer.from(await textOf(git, commit, signersFile)))} signers\n`].join(
    "",
  );
}

/**
 * Why a definition isn't to be carried out: its workspace says who may sign, and none of them has signed what it is now.
 * Who may sign is asked of what was accepted last, not of the commit in question.
 *
 * @param state the state folder, where the last accepted signers are
 * @returns undefined: it may be carried out
 */
export async function whyUnsigned(
  git: Git,
  commit: string,
  definition: Definition,
  state: string,
): Promise<string | undefined> {
  const now = await textOf(git, commit, signersFile);
  const place = join(state, "releases", "allowed-signers");
  const accepted = await readIfThere(place);
  const signers = namesSigners(accepted ?? "") ? accepted! : now;
  if (!namesSigners(signers)) return undefined;
  const file = signatureFile(definition.project);
  const signature = await textOf(git, commit, file);
  const todo = `\`sluice sign ${definition.project}\` by somebody in ${signersFile}, then commit ${file}`;
  if (signature === "") return `its definition isn't signed: ${todo}`;
  const text = await signedText(git, commit, definition);
  if (!(await isSigned(text, signature, signers))) {
    return `its definition isn't what was signed, or who signed it isn't in ${signersFile} as it was accepted last: ${todo}`;
  }
  if (accepted !== now) {
    await mkdir(join(state, "releases"), { recursive: true });
    await writeFile(place, now, { flush: true });
  }
  return undefined;
}

/** Whether anybody is in it: a file of comments asks for no signature. */
function namesSigners(text: string): boolean {
  return text.split("\n").some((line) => /^\s*[^#\s]/.test(line));
}

/** Whether a signature is by somebody who may sign, as this commit says it. */
export async function isByASigner(
  git: Git,
  commit: string,
  definition: Definition,
  signature: string,
): Promise<boolean> {
  const signers = await textOf(git, commit, signersFile);
  return isSigned(await signedText(git, commit, definition), signature, signers);
}

/**
 * Signs what is committed.
 *
 * @param key a private key, or a public one whose private part an agent holds
 * @returns the signature, to be committed
 * @throws SluiceError `sign`
 */
export async function signDefinition(
  git: Git,
  commit: string,
  definition: Definition,
  key: string,
): Promise<string> {
  return inScratch(async (folder) => {
    const file = join(folder, "text");
    await writeFile(file, await signedText(git, commit, definition));
    const env = {
      ...(process.env["SSH_AUTH_SOCK"] !== undefined && { SSH_AUTH_SOCK: process.env["SSH_AUTH_SOCK"] }),
    };
    await run("ssh-keygen", ["-Y", "sign", "-q", "-f", key, "-n", namespace, file], { env }).catch(
      (error: unknown) => {
        if (!(error instanceof SluiceError)) throw error;
        throw new SluiceError("sign", `${key} can't sign: ${error.message}`, {
          hint: "Name an SSH key with --key: a private one, or a public one that ssh-agent knows.",
        });
      },
    );
    return readFile(`${file}.sig`, "utf8");
  });
}

function isSigned(text: string, signature: string, signers: string): Promise<boolean> {
  return inScratch(async (folder) => {
    const [sig, allowed] = [join(folder, "sig"), join(folder, "signers")];
    await writeFile(sig, signature);
    await writeFile(allowed, signers);
    try {
      const found = await run("ssh-keygen", ["-Y", "find-principals", "-s", sig, "-f", allowed]);
      const [who = ""] = found.toString().split("\n");
      const verify = ["-Y", "verify", "-f", allowed, "-I", who, "-n", namespace, "-s", sig];
      await run("ssh-keygen", verify, { input: Buffer.from(text) });
      return true;
    } catch (error) {
      if (error instanceof SluiceError && error.code === "program-failed") return false;
      throw error;
    }
  });
}

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-sign-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Empty where there is no such file. */
async function textOf(git: Git, commit: string, path: string): Promise<string> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:${path}`]);
  return ok && stdout !== "" ? `${stdout}\n` : "";
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
