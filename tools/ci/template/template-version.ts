import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vercmp } from "../../alpm/vercmp.ts";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { parseTemplate, type Template } from "./template.ts";

/** One version of a template, read. */
export interface TemplateVersion {
  readonly tag: string;
  readonly template: Template;
  /** Path in the template's folder → content, of regular files. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Who signed the tag; or why it counts as unsigned. */
  readonly signature: { readonly signer: string } | { readonly missing: string };
}

/** The name of the newest version tag at a repository: `v1.2`, `1.2.3`; undefined where there is none. */
export async function newestTag(git: Git, repository: string): Promise<string | undefined> {
  const listing = await git.text(["ls-remote", "--tags", "--refs", "--", repository]);
  const tags = listing
    .split("\n")
    .flatMap((line) => /\trefs\/tags\/(v?\d+(?:\.\d+)*)$/.exec(line)?.[1] ?? []);
  return tags.sort(compareTags).at(-1);
}

export function compareTags(a: string, b: string): number {
  return vercmp(a.replace(/^v/, ""), b.replace(/^v/, ""));
}

/**
 * Fetches one tag into a folder of its own and reads it as data.
 *
 * @param allowedSigners as ssh-keygen(1) has it, from the workspace: a template can't say whom to trust
 * @throws SluiceError `template` where there is no template in it, `git`
 */
export async function readTemplateVersion(
  git: Git,
  { repository, tag, allowedSigners }: { repository: string; tag: string; allowedSigners: string },
): Promise<TemplateVersion> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-template-"));
  try {
    const scratch = git.at(folder);
    await scratch.text(["init", "--quiet", "--bare"]);
    const ref = `refs/tags/${tag}`;
    await scratch.text(["fetch", "--quiet", "--no-tags", "--depth=1", "--", repository, `${ref}:${ref}`]);
    await writeFile(join(folder, "allowed-signers"), allowedSigners);
    const files = await readFiles(scratch, ref);
    const text = files.get("template.json");
    if (!text) {
      throw new SluiceError("template", `${tag} of the template repository has no template/template.json`, {
        hint: "Check TEMPLATE_REPO in .ci/config.",
        facts: { tag },
      });
    }
    return {
      tag,
      template: parseTemplate(Buffer.from(text).toString()),
      files,
      signature: await verify(scratch, tag, join(folder, "allowed-signers")),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readFiles(git: Git, ref: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = (await listTree(git, ref, "template")).filter(({ mode }) => mode.startsWith("100"));
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  return new Map(entries.map(({ path, id }) => [path.slice("template/".length), blobs.get(id)!]));
}

/**
 * Only SSH signatures by those whom the workspace lists count: Git would verify others with any key of this machine.
 * A signed tag says its own name, so an old one can't stand in for a new version.
 */
async function verify(git: Git, tag: string, signers: string): Promise<TemplateVersion["signature"]> {
  if ((await git.text(["cat-file", "-t", `refs/tags/${tag}`])) !== "tag")
    return { missing: "the tag isn't signed" };
  const object = await git.text(["cat-file", "tag", `refs/tags/${tag}`]);
  const header = object.slice(0, object.indexOf("\n\n"));
  if (!header.split("\n").includes(`tag ${tag}`)) return { missing: "the tag was signed under another name" };
  if (!object.includes("\n-----BEGIN SSH SIGNATURE-----\n"))
    return { missing: "the tag has no SSH signature" };
  const settings = {
    "gpg.format": "ssh",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.ssh.allowedSignersFile": signers,
    "gpg.ssh.revocationFile": "",
    "gpg.program": "false",
    "gpg.openpgp.program": "false",
    "gpg.x509.program": "false",
    "gpg.minTrustLevel": "fully",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const { ok, stderr } = await git.attempt([...options, "verify-tag", `refs/tags/${tag}`]);
  const signer = /^Good "git" signature for (.+) with \S+ key \S+$/m.exec(stderr)?.[1];
  if (ok && signer !== undefined) return { signer };
  return { missing: "the tag's signature is by none of .ci/allowed-signers" };
}
