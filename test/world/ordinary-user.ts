import { execFile } from "node:child_process";
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { missingPrograms } from "./programs.ts";

const uid = 1700;

/** What is missing for running something as another user, who may start containers. */
export const missingForUsers = [
  ...missingPrograms("unshare", "setpriv", "newuidmap", "mount"),
  ...(process.getuid?.() === 0 ? [] : ["root, to become another user"]),
];

/**
 * A user without rights, who exists for what it runs alone: in a mount namespace of its own, /etc names it and gives it
 * ids for containers.
 */
export class OrdinaryUser {
  readonly #folder: string;

  /** @param folder an empty one, for its home and settings */
  constructor(folder: string, containersConf: string) {
    this.#folder = folder;
    const files = {
      passwd: `${readFileSync("/etc/passwd", "utf8")}farm:x:${uid}:${uid}::${this.home}:/bin/sh\n`,
      group: `${readFileSync("/etc/group", "utf8")}farm:x:${uid}:\n`,
      subuid: "farm:200000:65536\n",
      subgid: "farm:200000:65536\n",
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, { mode: 0o644 });
    for (const name of ["home", "run"]) this.own(join(folder, name));
    writeFileSync(join(folder, "containers.conf"), containersConf, { mode: 0o644 });
  }

  get home(): string {
    return join(this.#folder, "home");
  }

  /** Makes a folder that belongs to it. */
  own(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chownSync(folder, uid, uid);
  }

  async run(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const own = {
      HOME: this.home,
      USER: "farm",
      PATH: process.env["PATH"]!,
      XDG_RUNTIME_DIR: join(this.#folder, "run"),
      CONTAINERS_CONF: join(this.#folder, "containers.conf"),
      ...env,
    };
    const become = [
      "setpriv",
      "--reuid",
      String(uid),
      "--regid",
      String(uid),
      "--clear-groups",
      "--",
      program,
    ];
    const inside = ["bash", "-c", inNamespace, this.#folder, ...become, ...args];
    const { stdout, stderr } = await promisify(execFile)("unshare", ["--mount", "--", ...inside], {
      cwd: this.home,
      env: own,
    });
    return `${stdout}${stderr}`;
  }
}

/** Mounts stay in this namespace; containers want those that are made in it to reach theirs. */
const inNamespace = `set -e
mount --make-rshared /
for name in passwd group subuid subgid; do
  [ -e /etc/$name ] || : > /etc/$name
  mount --bind "$0/$name" /etc/$name
done
exec "$@"`;
