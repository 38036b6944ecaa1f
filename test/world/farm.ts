import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { addBuilder } from "../../tools/manager/builders/tokens.ts";
import { builderUser } from "../../tools/queue/bullmq/builder-users.ts";
import { GitServer } from "./git-server.ts";
import { freePort } from "./free-port.ts";
import { RedisServer } from "./redis.ts";
import { startSluice, type Running } from "./sluice.ts";
import { ScratchWorkspace } from "./workspace.ts";

/** A workspace behind a Git server, a Redis, a manager and builders: all in processes of their own. */
export class Farm {
  readonly workspace = new ScratchWorkspace();
  readonly gitServer = new GitServer();
  readonly redis: RedisServer;
  readonly #running = new Set<Running>();
  readonly #tokens = new Map<string, string>();
  readonly port: number;

  private constructor(redis: RedisServer, port: number) {
    this.redis = redis;
    this.port = port;
  }

  static async start(redis: { persists?: boolean } = {}): Promise<Farm> {
    const farm = new Farm(await RedisServer.start(redis), await freePort());
    await farm.gitServer.start();
    farm.gitServer.create("workspace");
    return farm;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get state(): string {
    return join(this.workspace.base, "manager");
  }

  /** Commits what was written and pushes it to where builders fetch it. */
  commit(message: string): string {
    const commit = this.workspace.commit(message);
    this.workspace.git("push", "-q", "--force", this.gitServer.folder("workspace"), "HEAD:refs/heads/main");
    return commit;
  }

  /** `sluice up` that builds nothing itself. */
  manager(args: readonly string[] = [], env: Record<string, string> = {}): Running {
    const options = ["--port", String(this.port), "--state", this.state, "--jobs", "0", ...args];
    return this.#start(["up", ...options], {
      ...this.redis.env,
      WORKSPACE_URL: this.gitServer.url("workspace"),
      ...env,
    });
  }

  async builder(
    name: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Running> {
    const state = join(this.workspace.base, `builder-${name}`);
    return this.#start(["builder", "--state", state, ...args], {
      ...this.redis.env,
      // Its own user of Redis, whose password is its token.
      REDIS_USERNAME: builderUser(name),
      REDIS_PASSWORD: "",
      MANAGER_URL: this.url,
      BUILDER_TOKEN: await this.token(name),
      ...env,
    });
  }

  async token(name: string): Promise<string> {
    mkdirSync(this.state, { recursive: true });
    const token = this.#tokens.get(name) ?? (await addBuilder(this.state, name));
    this.#tokens.set(name, token);
    return token;
  }

  async close(): Promise<void> {
    for (const running of this.#running) running.kill("SIGKILL");
    await Promise.all([...this.#running].map(({ ended }) => ended));
    await this.redis.close();
    await this.gitServer.stop();
    this.workspace.remove();
  }

  #start(args: readonly string[], env: Record<string, string>): Running {
    const running = startSluice(args, { cwd: this.workspace.dir, env });
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }
}
