import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** Debian's docker-registry on this machine. */
export class RegistryServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-registry-"));
  #process: ChildProcess | undefined;
  /** `127.0.0.1:PORT` */
  address = "";

  async start(): Promise<void> {
    this.address = `127.0.0.1:${await freePort()}`;
    const config = `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${join(this.#folder, "data")} } }
http: { addr: "${this.address}" }
`;
    writeFileSync(join(this.#folder, "config.yml"), config);
    this.#process = spawn("docker-registry", ["serve", join(this.#folder, "config.yml")], {
      stdio: "ignore",
    });
    for (;;) {
      const answer = await fetch(`http://${this.address}/v2/`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.#process.exitCode !== null) throw new Error("docker-registry ended");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.#process && this.#process.exitCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
