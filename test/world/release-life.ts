import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GitServer } from "./git-server.ts";
import { ScratchWorkspace } from "./workspace.ts";

export interface Death {
  readonly checkpoint: string;
  /** The how-manyth time that it is passed. */
  readonly time: number;
}

interface Project {
  /** What comes behind `source`. */
  readonly definition: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Releases of a project `app`, made in processes of their own that die where they are told to. */
export class ReleaseLife {
  readonly #server = new GitServer();
  readonly #w = new ScratchWorkspace();
  readonly #home = mkdtempSync(join(tmpdir(), "sluice-release-"));
  readonly www = join(this.#home, "www");
  #secrets: Readonly<Record<string, string>> = {};

  async start({ definition, scripts, secrets = {} }: Project): Promise<void> {
    await this.#server.start();
    this.#secrets = secrets;
    this.#server.commit("app", { files: { "README.md": "# App\n" } });
    this.#w.write("releases/app/release.toml", `source = "${this.#server.url("app")}"\n${definition}`);
    for (const [name, script] of Object.entries(scripts)) this.#w.write(`releases/app/${name}`, script);
    this.#w.publishScheduled();
    this.reset();
  }

  tag(name: string): void {
    this.#server.git("app", "tag", name);
  }

  async close(): Promise<void> {
    await this.#server.stop();
    this.#w.remove();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Nothing was released yet. */
  reset(): void {
    for (const name of ["state", "www", "passed.log"])
      rmSync(join(this.#home, name), { recursive: true, force: true });
    this.#w.atOrigin("update-ref", "-d", "refs/heads/state");
    mkdirSync(join(this.#home, "state", "work"), { recursive: true });
  }

  /** @returns what was passed and how jobs ended */
  async run(tag: string, death?: Death): Promise<{ killed: boolean; passed: string[]; ended: string[] }> {
    const log = join(this.#home, "passed.log");
    appendFileSync(log, "");
    const before = linesOf(log).length;
    const input = JSON.stringify({
      home: this.#home,
      clone: this.#w.dir,
      source: this.#server.url("app"),
      secrets: this.#secrets,
      tag,
      death,
    });
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program, input], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, said] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    const [status, signal] = (await once(child, "close")) as [number | null, string | null];
    if (signal !== "SIGKILL" && status !== 0) throw new Error(said);
    return {
      killed: signal === "SIGKILL",
      passed: linesOf(log).slice(before),
      ended: out.split("\n").filter((line) => line !== ""),
    };
  }

  /** What clients can get, by path. */
  visible(): Record<string, string> {
    if (!existsSync(this.www)) return {};
    const files = readdirSync(this.www, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(
      files.map((file) => [file.slice(this.www.length + 1), readFileSync(file, "base64")]),
    );
  }

  /** What is left of work under way. */
  leftovers(): string[] {
    const hidden = readdirSync(this.www, { recursive: true, encoding: "utf8" }).filter((name) =>
      /(?:^|\/)\./.test(name),
    );
    return [...hidden, ...readdirSync(join(this.#home, "state", "releases", "work"))];
  }

  /** The record at the remote, as text. */
  recordAtRemote(tag: string): string {
    return this.#w.atOrigin("show", `state:releases/app/stable/${tag}.json`);
  }
}

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

const built = join(import.meta.dirname, "../../dist");

const program = `
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openLog } from "${built}/builder/log.js";
import { openGit } from "${built}/git/git.js";
import { ArtifactStore } from "${built}/manager/releases/jobs/artifact-store.js";
import { pushRecords } from "${built}/manager/releases/record/push-records.js";
import { releaseAt } from "${built}/manager/releases/record/release-at.js";
import { ReleaseRecords } from "${built}/manager/releases/record/release-records.js";
import { runRelease } from "${built}/manager/releases/run-release.js";
import { bubblewrap } from "${built}/sandbox/bubblewrap/bubblewrap.js";
import { readCommitProjects } from "${built}/workspace/releases/commit-releases.js";
const { home, clone, source, secrets, tag: name, death } = JSON.parse(process.argv[1]);
let times = 0;
const checkpoint = (moment, step) => {
  const passed = moment + " " + step;
  appendFileSync(join(home, "passed.log"), passed + "\\n");
  if (passed === death?.checkpoint && ++times === death.time) process.kill(process.pid, "SIGKILL");
};
const git = openGit(clone, process.env);
const state = join(home, "state");
const records = new ReleaseRecords(state, checkpoint);
const artifacts = new ArtifactStore(state, checkpoint);
const folders = { state, work: join(state, "work"), logs: join(state, "logs") };
const place = { git, sandbox: bubblewrap(), folders, records, artifacts, checkpoint, now: () => 1_700_000_000_000 };
const head = await git.text(["rev-parse", "HEAD"]);
const commit = (await git.text(["ls-remote", source, "refs/tags/" + name])).split("\\t")[0];
const tag = { kind: "tag", name, commit };
const project = (await readCommitProjects(git, head)).get("app");
const release = await releaseAt(git, head, project, records, { channel: "stable", ref: tag, now: 0 });
const ends = await runRelease(place, release, {
  seconds: 60,
  secrets,
  openLog: (job) => openLog(join(folders.logs, job + ".log")),
  started: () => undefined,
  ended: ({ job, kind, message }) => process.stdout.write(job + " " + kind + (message ? ": " + message : "") + "\\n"),
  signal: new AbortController().signal,
});
if (ends.every(({ kind }) => kind.startsWith("done")))
  await pushRecords(git, records, { identity: { name: "S", email: "s@example.org" }, now: new Date(0), checkpoint });
`;
