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

const definition = `[targets]
one = { }
two = { }
[channels]
stable = { tag = '.+' }
[stages.check]
unit = { run = "unit.sh" }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
[archives]
all = { of = "bin", name = "app-{target}.tar.xz", with = ["README.md"] }
[publish]
binaries = { to = "files", at = "WWW/{ref}/{target}/app", of = "bin" }
archives = { to = "files", at = "WWW/archives/{ref}", of = ["all"] }
page = { to = "page", at = "WWW", of = "binaries" }
`;

/** One release, made in processes of its own that die where they are told to. */
export class ReleaseLife {
  readonly #server = new GitServer();
  readonly #w = new ScratchWorkspace();
  readonly #home = mkdtempSync(join(tmpdir(), "sluice-release-"));
  readonly www = join(this.#home, "www");

  async start(): Promise<void> {
    await this.#server.start();
    this.#server.commit("app", { files: { "README.md": "# App\n" } });
    this.#server.git("app", "tag", "v1.0.0");
    const text = definition.replaceAll("WWW", `file://${this.www}`);
    this.#w.write("releases/app/release.toml", `source = "${this.#server.url("app")}"\n${text}`);
    this.#w.write("releases/app/unit.sh", "test -s README.md\n");
    this.#w.write("releases/app/build.sh", 'echo "$REF $TARGET" > app\n');
    this.#w.publishScheduled();
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
  async run(death?: Death): Promise<{ killed: boolean; passed: string[]; ended: string[] }> {
    const log = join(this.#home, "passed.log");
    appendFileSync(log, "");
    const before = linesOf(log).length;
    const input = JSON.stringify({
      home: this.#home,
      clone: this.#w.dir,
      source: this.#server.url("app"),
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
  recordAtRemote(): string {
    return this.#w.atOrigin("show", "state:releases/app/stable/v1.0.0.json");
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
import { ArtifactStore } from "${built}/manager/releases/artifact-store.js";
import { pushRecords } from "${built}/manager/releases/push-records.js";
import { releaseAt } from "${built}/manager/releases/release-at.js";
import { ReleaseRecords } from "${built}/manager/releases/release-records.js";
import { runRelease } from "${built}/manager/releases/run-release.js";
import { bubblewrap } from "${built}/sandbox/bubblewrap/bubblewrap.js";
import { readCommitProjects } from "${built}/workspace/releases/commit-releases.js";
const { home, clone, source, death } = JSON.parse(process.argv[1]);
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
const tag = { kind: "tag", name: "v1.0.0", commit: await git.text(["ls-remote", source, "refs/tags/v1.0.0"]).then((line) => line.split("\\t")[0]) };
const project = (await readCommitProjects(git, head)).get("app");
const release = await releaseAt(git, head, project, records, { channel: "stable", ref: tag, now: 0 });
const ends = await runRelease(place, release, {
  seconds: 60,
  secrets: {},
  openLog: (job) => openLog(join(folders.logs, job + ".log")),
  started: () => undefined,
  ended: ({ job, kind, message }) => process.stdout.write(job + " " + kind + (message ? ": " + message : "") + "\\n"),
  signal: new AbortController().signal,
});
if (ends.every(({ kind }) => kind.startsWith("done")))
  await pushRecords(git, records, { identity: { name: "S", email: "s@example.org" }, now: new Date(0), checkpoint });
`;
