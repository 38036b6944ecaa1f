import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { changeFiles, type FileInCommit } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { pushAtomically } from "../../git/push.ts";
import { openSsh, type Ssh } from "../../git/ssh.ts";
import { writeCommit, type Identity } from "../../git/write-commit.ts";
import { recipeOf } from "../../workspace/recipe.ts";
import { knownHosts, privateKeyText, repositoryUrl, type AurServer } from "./aur-server.ts";
import { aurPushError } from "./push-error.ts";

const branch = "refs/heads/master";
const tipRef = "refs/aur/tip";

/** So often it may be out of reach before the other packages' pushes aren't tried any more. */
const mostUnreachable = 3;

/** The newest commit of a package's AUR repository. */
export interface AurTip {
  readonly commit: string;
  readonly tree: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
  readonly message: string;
  readonly files: RecipeFiles;
}

/**
 * The AUR's repositories, over SSH. What is fetched and made lies in a temporary folder with one small repository
 * per package, so that the workspace's clone keeps nothing of it. Close it when done.
 */
export class AurRemote {
  readonly #folder: string;
  readonly #ssh: Ssh;
  readonly #git: Git;
  readonly #server: AurServer;
  readonly #scratches = new Map<string, Promise<Git>>();
  #outage: SluiceError | undefined;
  #unreachable = 0;

  private constructor(folder: string, ssh: Ssh, git: Git, server: AurServer) {
    this.#folder = folder;
    this.#ssh = ssh;
    this.#git = git.withSsh(ssh.command);
    this.#server = server;
  }

  /**
   * @param secret AUR_KEY
   * @throws SluiceError `aur-key` (exit 1) where there is none or it can't be read
   */
  static async open(git: Git, secret: string | undefined, server: AurServer): Promise<AurRemote> {
    const ssh = await openSsh(requireKey(secret), knownHosts(server)).catch((error: unknown) => {
      throw error instanceof SluiceError && error.code === "ssh-key" ? keyTrouble(error.message) : error;
    });
    const folder = await mkdtemp(join(tmpdir(), "sluice-aur-"));
    return new AurRemote(folder, ssh, git, server);
  }

  async close(): Promise<void> {
    await this.#ssh.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * Undefined: the AUR has no such repository yet, so a first push makes it.
   *
   * @throws SluiceError `aur-host-key`, `aur-key`, `aur-unreachable`, `aur-refused` (all exit 1)
   */
  async tip(pkgbase: string): Promise<AurTip | undefined> {
    const scratch = await this.#scratch(pkgbase);
    const url = repositoryUrl(this.#server, pkgbase);
    const fetched = await this.#reach(pkgbase, async () => {
      const refspec = `+${branch}:${tipRef}`;
      const args = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--depth=1",
        "--",
        url,
        refspec,
      ];
      const { ok, stderr } = await scratch.attempt(args);
      if (ok) return true;
      if (/couldn't find remote ref/.test(stderr)) return false;
      throw aurPushError(this.#server, pkgbase, stderr);
    });
    return fetched ? readTip(scratch) : undefined;
  }

  /**
   * The tree that a repository has with this recipe. Git's own files of the AUR's (`.gitignore`) stay where the
   * recipe has none of that name: a sync from the AUR doesn't take them, so that it lacks them says nothing.
   */
  async treeWith(pkgbase: string, tip: AurTip | undefined, files: RecipeFiles): Promise<string> {
    const changes = new Map<string, FileInCommit | undefined>();
    for (const path of tip?.files.keys() ?? []) if (!path.startsWith(".git")) changes.set(path, undefined);
    for (const [path, { mode, bytes }] of files) {
      if (mode !== "160000") changes.set(path, { mode, content: bytes });
    }
    return changeFiles(await this.#scratch(pkgbase), tip?.commit, changes);
  }

  /**
   * Adds a commit and returns its id.
   *
   * @throws SluiceError `aur-moved` where somebody else pushed since `parent` was read, and what `tip` throws
   */
  async push(
    pkgbase: string,
    commit: {
      readonly parent: string | undefined;
      readonly tree: string;
      readonly identity: Identity;
      readonly date: Date;
      readonly message: string;
    },
  ): Promise<string> {
    const scratch = await this.#scratch(pkgbase);
    const { parent, ...rest } = commit;
    const id = await writeCommit(scratch, { ...rest, parents: parent ? [parent] : [] });
    const update = { ref: branch, expected: parent, to: id };
    const pushed = await this.#reach(pkgbase, async () => {
      try {
        return await pushAtomically(scratch, repositoryUrl(this.#server, pkgbase), [update]);
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        // The AUR's hook finds out last what the lease has missed.
        if (error.message.includes("denying non-fast-forward")) throw moved(pkgbase);
        throw aurPushError(this.#server, pkgbase, error.message.slice(error.message.indexOf("\n") + 1));
      }
    });
    if (pushed.kind === "lost-race") throw moved(pkgbase);
    return id;
  }

  #scratch(pkgbase: string): Promise<Git> {
    const known = this.#scratches.get(pkgbase);
    if (known) return known;
    const scratch = this.#makeScratch(join(this.#folder, String(this.#scratches.size)));
    this.#scratches.set(pkgbase, scratch);
    return scratch;
  }

  async #makeScratch(folder: string): Promise<Git> {
    await mkdir(folder);
    const scratch = this.#git.at(folder);
    await scratch.text(["init", "--quiet", "--template=", "--object-format=sha1"]);
    return scratch;
  }

  /** Where the AUR is unavailable, hundreds of packages don't each wait for it. */
  async #reach<T>(pkgbase: string, work: () => Promise<T>): Promise<T> {
    if (this.#outage) throw forPackage(this.#outage, pkgbase);
    try {
      return await work();
    } catch (error) {
      if (error instanceof SluiceError) this.#remember(error);
      throw error;
    }
  }

  #remember(error: SluiceError): void {
    if (error.code === "aur-unreachable") this.#unreachable++;
    if (error.code === "aur-host-key" || error.code === "aur-key" || this.#unreachable >= mostUnreachable) {
      this.#outage ??= error;
    }
  }
}

async function readTip(scratch: Git): Promise<AurTip> {
  const format = "--format=%H%x00%T%x00%ae%x00%ce%x00%B";
  const shown = await scratch.text([
    "show",
    "--no-patch",
    "--no-show-signature",
    "--encoding=UTF-8",
    format,
    tipRef,
  ]);
  const [commit = "", tree = "", authorEmail = "", committerEmail = "", message = ""] = shown.split("\0");
  const entries = new Map((await listTree(scratch, tipRef)).map((entry) => [entry.path, entry]));
  const blobs = [...entries.values()].filter(({ size }) => size !== undefined).map(({ id }) => id);
  const files = recipeOf(entries, await readBlobs(scratch, blobs));
  return { commit, tree, authorEmail, committerEmail, message, files };
}

function requireKey(secret: string | undefined): string {
  if (!secret) throw keyTrouble("there is none");
  const key = privateKeyText(secret);
  if (key === undefined) throw keyTrouble("it is neither the text of a private key nor base64 of one");
  return key;
}

function keyTrouble(why: string): SluiceError {
  return new SluiceError("aur-key", `no key for the AUR in AUR_KEY: ${why}`, {
    hint: "Make one with `ssh-keygen -t ed25519 -N ''`, add its public half to the AUR account, and put the private one into the pipeline's secret AUR_KEY.",
    exitCode: 1,
  });
}

function moved(pkgbase: string): SluiceError {
  return new SluiceError(
    "aur-moved",
    `${pkgbase}: somebody pushed to the AUR meanwhile; that was not overwritten`,
    {
      hint: "The next run looks at what is there now.",
      facts: { pkgbase },
      exitCode: 1,
    },
  );
}

function forPackage(error: SluiceError, pkgbase: string): SluiceError {
  const { code, message, hint, facts, exitCode } = error;
  return new SluiceError(code, message, {
    ...(hint !== undefined && { hint }),
    facts: { ...facts, pkgbase },
    exitCode,
  });
}
