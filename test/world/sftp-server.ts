import { execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { startSshd } from "./sshd.ts";

/** A real sshd that lets one key at files, and nothing else: no shell, no forwarding. */
export class SftpServer {
  readonly #base = mkdtempSync(join(tmpdir(), "sluice-sftp-"));
  #sshd: ChildProcess | undefined;
  #port = 0;

  async start(): Promise<void> {
    this.#port = await freePort();
    for (const name of ["host", "publisher", "stranger"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", this.file(name)]);
    }
    mkdirSync(this.www);
    writeFileSync(this.file("authorized"), `restrict ${readFileSync(this.file("publisher.pub"), "utf8")}`);
    this.#writeKnownHosts("known_hosts", "host");
    this.#writeKnownHosts("others", "stranger");
    this.#sshd = await startSshd(this.file("config"), [
      `Port ${this.#port}`,
      `HostKey ${this.file("host")}`,
      `AuthorizedKeysFile ${this.file("authorized")}`,
      `PidFile ${this.file("pid")}`,
      "Subsystem sftp internal-sftp",
      "ForceCommand internal-sftp",
    ]);
  }

  /** `ssh://USER@HOST:PORT/PATH` of what clients see. */
  get address(): string {
    return `${this.root}${this.www}`;
  }

  get root(): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.#port}`;
  }

  get www(): string {
    return this.file("www");
  }

  /** What whoever publishes is given. */
  get secrets(): Readonly<Record<string, string>> {
    return {
      RELEASE_SSH_KEY_FILE: this.file("publisher"),
      RELEASE_SSH_KNOWN_HOSTS: this.file("known_hosts"),
    };
  }

  file(name: string): string {
    return join(this.#base, name);
  }

  async stop(): Promise<void> {
    if (this.#sshd) {
      const ended = once(this.#sshd, "exit");
      this.#sshd.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** As `ssh-keyscan` prints it. */
  #writeKnownHosts(name: string, key: string): void {
    writeFileSync(
      this.file(name),
      `[127.0.0.1]:${this.#port} ${readFileSync(this.file(`${key}.pub`), "utf8")}`,
    );
  }
}
