import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import { freePort } from "./free-port.ts";

/** An S3 server of this machine. */
export class S3Server {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-s3-"));
  #server: S3rver | undefined;
  /** What whoever publishes is given. */
  secrets: Readonly<Record<string, string>> = {};

  async start(...buckets: readonly string[]): Promise<void> {
    const port = await freePort();
    this.#server = new S3rver({
      address: "127.0.0.1",
      port,
      silent: true,
      directory: this.#folder,
      configureBuckets: buckets.map((name) => ({ name, configs: [] })),
    });
    await this.#server.run();
    this.secrets = {
      AWS_ACCESS_KEY_ID: "S3RVER",
      AWS_SECRET_ACCESS_KEY: "S3RVER",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: "garage",
    };
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
