import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

interface Answers {
  readonly targets: {
    readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
  };
  readonly rules: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly name: string;
        readonly health: string;
        readonly lastError?: string;
      }[];
    }[];
  };
  readonly query: { readonly result: readonly Sample[] };
}

/** A real Prometheus that scrapes one address each second, as the job `sluice`. */
export class Prometheus {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-prometheus-"));
  #server: ChildProcess | undefined;
  #url = "";

  /** @param rules the path of a file of rules */
  async start(target: string, rules: string): Promise<void> {
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [resolve(rules)],
      scrape_configs: [{ job_name: "sluice", static_configs: [{ targets: [new URL(target).host] }] }],
    };
    // JSON is YAML, too.
    writeFileSync(join(this.#folder, "prometheus.yml"), JSON.stringify(config));
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}/api/v1`;
    const args = [
      `--config.file=${this.#folder}/prometheus.yml`,
      `--storage.tsdb.path=${this.#folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ];
    this.#server = spawn("prometheus", args, { stdio: "ignore" });
    const server = this.#server;
    while (
      !(await fetch(`${this.#url}/status/runtimeinfo`).then(
        (answer) => answer.ok,
        () => false,
      ))
    ) {
      if (server.exitCode !== null) throw new Error("Prometheus ended");
      await delay(50);
    }
  }

  async ask<Path extends keyof Answers>(path: Path, query = ""): Promise<Answers[Path]> {
    const response = await fetch(`${this.#url}/${path}?query=${encodeURIComponent(query)}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: Answers[Path];
      error?: string;
    };
    if (status !== "success") throw new Error(`${query}: ${error}`);
    return data;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server && server.exitCode === null) {
      const ended = new Promise((done) => server.once("exit", done));
      server.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
