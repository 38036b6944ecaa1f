import { execFileSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { AurServer } from "../../tools/ci/aur/aur-server.ts";
import { freePort } from "./free-port.ts";
import { missingPrograms } from "./programs.ts";
import { makeRepository } from "./repository.ts";
import { sshd, startSshd } from "./sshd.ts";

/** What the AUR's stand-in needs, for tests to skip without. */
export function missingForAur(): string[] {
  return [
    ...missingPrograms("ssh", "ssh-agent", "ssh-add", "ssh-keygen", "git-shell"),
    ...(existsSync(sshd) ? [] : ["sshd"]),
  ];
}

/**
 * The AUR over a real sshd, built as aurweb is: every command is forced, one repository holds all packages in
 * namespaces of Git, and an update hook refuses what aurweb's refuses first.
 */
export class AurOverSsh {
  readonly #base = mkdtempSync(join(tmpdir(), "sluice-aur-world-"));
  readonly #repository = join(this.#base, "aur.git");
  #sshd: ChildProcess | undefined;
  #port = 0;
  /** The account's private key, and one that no account has. */
  readonly key = this.#makeKey("account");
  readonly strangersKey = this.#makeKey("stranger");
  readonly lockedKey = this.#makeKey("locked", "a passphrase");

  static async start(): Promise<AurOverSsh> {
    const aur = new AurOverSsh();
    aur.#makeKey("host");
    aur.#makeKey("other-host");
    aur.#writeFiles();
    aur.#port = await freePort();
    await aur.listen();
    return aur;
  }

  get server(): AurServer {
    const [type, key] = readFileSync(join(this.#base, "host.pub"), "utf8").split(" ");
    return { user: userInfo().username, host: "127.0.0.1", port: this.#port, hostKeys: [`${type} ${key}`] };
  }

  /** With the key that was announced, or with another one. */
  async listen(hostKey: "host" | "other-host" = "host"): Promise<void> {
    await this.stop();
    this.#sshd = await startSshd(join(this.#base, "sshd_config"), [
      `Port ${this.#port}`,
      `HostKey ${join(this.#base, hostKey)}`,
      `AuthorizedKeysFile ${join(this.#base, "account.pub")}`,
      `ForceCommand ${join(this.#base, "serve")}`,
      `PidFile ${join(this.#base, "pid")}`,
      // The quickest there is, and the account's shell doesn't read the person's own start-up file.
      "KexAlgorithms curve25519-sha256",
      "SetEnv SHLVL=1",
    ]);
  }

  async stop(): Promise<void> {
    const running = this.#sshd;
    this.#sshd = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill();
    await ended;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** Everybody is answered with this, until told otherwise. */
  set maintenance(message: string | undefined) {
    this.#setFile("maintenance", message);
  }

  /** Pushes to this package are refused by the hook in these words. */
  refuse(pkgbase: string, message: string | undefined): void {
    this.#setFile(`refused-${pkgbase}`, message);
  }

  /** The account may not write to this package. */
  deny(pkgbase: string): void {
    this.#setFile(`denied-${pkgbase}`, "");
  }

  /** The commands that reached it since last asked: `git-upload-pack foo`. */
  commands(): string[] {
    const file = join(this.#base, "log");
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    rmSync(file, { force: true });
    return lines;
  }

  /** The newest commit of a package; "" where there is none. */
  tip(pkgbase: string): string {
    return this.#git("for-each-ref", "--format=%(objectname)", refOf(pkgbase));
  }

  show(pkgbase: string, format: string): string {
    return this.#git("show", "--no-patch", `--format=${format}`, refOf(pkgbase)).trimEnd();
  }

  /** Path to content, with the mode in front where it isn't a plain file. */
  files(pkgbase: string): Record<string, string> {
    const lines = this.#git("ls-tree", "-r", refOf(pkgbase)).split("\n");
    return Object.fromEntries(
      lines.map((line) => {
        const [, mode, id, path] = /^(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
        const content = this.#git("cat-file", "-p", id!);
        return [path, mode === "100644" ? content : `${mode} ${content}`];
      }),
    );
  }

  /** Somebody else's commit on top of what there is: these files, and no others. */
  commitBy(email: string, pkgbase: string, files: Record<string, string>, message = "update"): string {
    const entries = Object.entries(files).map(([path, content]) => {
      const id = execFileSync("git", ["-C", this.#repository, "hash-object", "-w", "--stdin"], {
        input: content,
        encoding: "utf8",
      }).trim();
      return `100644 blob ${id}\t${path}\n`;
    });
    const tree = execFileSync("git", ["-C", this.#repository, "mktree"], {
      input: entries.join(""),
      encoding: "utf8",
    }).trim();
    const parent = this.tip(pkgbase);
    const person = {
      GIT_AUTHOR_NAME: "Somebody",
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: "Somebody",
      GIT_COMMITTER_EMAIL: email,
    };
    const args = ["commit-tree", tree, "-m", message, ...(parent ? ["-p", parent] : [])];
    const options = { encoding: "utf8", env: { ...process.env, ...person } } as const;
    const commit = execFileSync("git", ["-C", this.#repository, ...args], options).trim();
    this.#git("update-ref", refOf(pkgbase), commit);
    return commit;
  }

  #writeFiles(): void {
    makeRepository(this.#repository, { bare: true, branch: "master" });
    // As aurweb's documentation sets it up: no namespace sees another's refs.
    for (const pattern of ["^refs/", "!refs/", "!HEAD"]) {
      this.#git("config", "--add", "transfer.hideRefs", pattern);
    }
    this.#script("serve", serve(this.#base));
    this.#script("aur.git/hooks/update", updateHook(this.#base));
  }

  #git(...args: string[]): string {
    return execFileSync("git", ["-C", this.#repository, ...args], { encoding: "utf8" }).trimEnd();
  }

  #makeKey(name: string, passphrase = ""): string {
    const file = join(this.#base, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file]);
    return readFileSync(file, "utf8");
  }

  #script(path: string, text: string): void {
    const file = join(this.#base, path);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  #setFile(name: string, content: string | undefined): void {
    const file = join(this.#base, name);
    if (content === undefined) rmSync(file, { force: true });
    else writeFileSync(file, content);
  }
}

const refOf = (pkgbase: string): string => `refs/namespaces/${pkgbase}/refs/heads/master`;

function serve(base: string): string {
  return `#!/bin/sh
cd '${base}' || exit 1
set -- $SSH_ORIGINAL_COMMAND
name=\${2#\\'/}; name=\${name%.git\\'}
echo "$1 $name" >> log
if [ -f maintenance ]; then cat maintenance >&2; exit 1; fi
if [ "$1" = git-receive-pack ] && [ -f "denied-$name" ]; then
  echo "$1: permission denied: account" >&2; exit 1
fi
export GIT_NAMESPACE="$name" AUR_PKGBASE="$name"
exec git-shell -c "$1 '${base}/aur.git'"
`;
}

function updateHook(base: string): string {
  return `#!/bin/sh
die() { echo "error: $*" >&2; exit 1; }
[ "$1" = refs/heads/master ] || die "pushing to a branch other than master is restricted"
[ -f '${base}'/"refused-$AUR_PKGBASE" ] && die "$(cat '${base}'/"refused-$AUR_PKGBASE")"
case $2 in *[!0]*) git merge-base --is-ancestor "$2" "$3" || die "denying non-fast-forward (you should pull first)";; esac
for file in .SRCINFO PKGBUILD; do
  git cat-file -e "$3:$file" 2>/dev/null || die "missing $file"
done
git ls-tree -d --name-only "$3" | grep -vxE 'keys|LICENSES' > /dev/null && die "the repository must not contain subdirectories"
git ls-tree -rl "$3" | awk '$4 > 256000 { found = 1 } END { exit !found }' && die "maximum blob size (250KiB) exceeded"
exit 0
`;
}
