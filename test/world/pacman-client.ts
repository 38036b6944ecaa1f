import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** What a run of pacman came to; `output` is all that it said. */
export interface Said {
  readonly ok: boolean;
  readonly output: string;
}

/** A machine that installs from a published repository: a real pacman with its own root, keyring and cache. */
export interface PacmanClient {
  readonly root: string;
  /**
   * Imports and locally signs a public key, as a person does who wants to use the repository; of a file with several
   * the first, unless told.
   */
  trust(keyFile: string, fingerprint?: string): Promise<void>;
  /** Trusts the keys of an installed keyring package. Its scriptlet does that where the root has a shell. */
  populate(keyring: string): Promise<void>;
  pacman(...args: string[]): Promise<Said>;
  /** pkgname to version of what is installed. */
  installed(): Promise<Record<string, string>>;
  read(path: string): string;
  close(): Promise<void>;
}

/** pacman wants to be root; where the tests aren't, a user namespace makes it believe so. */
const become = process.getuid?.() === 0 ? [] : ["unshare", "--map-root-user"];

/**
 * @param server what `Server =` says, such as `http://127.0.0.1:8080/$repo/$arch`
 * @param further what stands in pacman.conf behind the repository
 */
export async function pacmanClient(
  repository: string,
  server: string,
  { arch = "x86_64", further = "" }: { arch?: string; further?: string } = {},
): Promise<PacmanClient> {
  const home = mkdtempSync(join(tmpdir(), "sluice-client-"));
  const root = join(home, "root");
  const gpgdir = join(home, "gpg");
  for (const folder of ["root/var/lib/pacman", "cache", "gpg", "hooks"]) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  const config = join(home, "pacman.conf");
  writeFileSync(config, `${configuration(home, repository, server, arch)}${further}`);
  const run = (...command: string[]): Promise<Said> => say([...become, ...command], home);
  const pacmanKey = async (...args: string[]): Promise<void> => {
    const { ok, output } = await run("pacman-key", "--gpgdir", gpgdir, "--config", config, ...args);
    if (!ok) throw new Error(`pacman-key ${args.join(" ")} failed: ${output}`);
  };
  const pacman = (...args: string[]): Promise<Said> =>
    run("pacman", "--config", config, "--noconfirm", ...args);

  await pacmanKey("--init");
  return {
    root,
    async trust(keyFile, fingerprint) {
      await pacmanKey("--add", keyFile);
      if (fingerprint !== undefined) return pacmanKey("--lsign-key", fingerprint);
      const { output } = await run("gpg", "--homedir", gpgdir, "--with-colons", "--show-keys", keyFile);
      await pacmanKey("--lsign-key", /^fpr:+([0-9A-F]+):/m.exec(output)?.[1] ?? "");
    },
    async populate(keyring) {
      // The real one, but for the folder: it looks below /, on Debian elsewhere than on Arch Linux.
      const script = join(home, "pacman-key");
      const folder = `KEYRING_IMPORT_DIR='${join(root, "usr/share/pacman/keyrings")}'`;
      const text = readFileSync(programPath("pacman-key"), "utf8");
      writeFileSync(script, text.replace(/KEYRING_IMPORT_DIR='[^']*'/, folder), { mode: 0o755 });
      const { ok, output } = await run(script, "--gpgdir", gpgdir, "--config", config, "--populate", keyring);
      if (!ok) throw new Error(output);
    },
    pacman,
    async installed() {
      const { output } = await pacman("-Q");
      const lines = output.split("\n").filter((line) => /^\S+ \S+$/.test(line));
      return Object.fromEntries(lines.map((line) => line.split(" ")));
    },
    read: (path) => readFileSync(join(root, path), "utf8"),
    async close() {
      await run("gpgconf", "--homedir", gpgdir, "--kill", "all");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function programPath(program: string): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? program;
}

function configuration(home: string, repository: string, server: string, arch: string): string {
  return `[options]
RootDir = ${home}/root
DBPath = ${home}/root/var/lib/pacman/
CacheDir = ${home}/cache/
GPGDir = ${home}/gpg/
LogFile = ${home}/pacman.log
HookDir = ${home}/hooks/
Architecture = ${arch}
SigLevel = Required DatabaseRequired
LocalFileSigLevel = Optional
[${repository}]
Server = ${server}
`;
}

/** Asynchronous, for the server that pacman speaks to is often in this very process. */
function say([program = "", ...args]: readonly string[], home: string): Promise<Said> {
  const env = { PATH: process.env.PATH ?? "", HOME: home, LC_ALL: "C.UTF-8" };
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) =>
      resolve({ ok: !error, output: `${stdout}${stderr}` }),
    );
  });
}
