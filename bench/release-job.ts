import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GitServer } from "../test/world/git-server.ts";
import { ScratchWorkspace } from "../test/world/workspace.ts";
import { openLog } from "../tools/builder/log.ts";
import { openGit } from "../tools/git/git.ts";
import { foldersOf } from "../tools/manager/folders.ts";
import { ArtifactStore } from "../tools/manager/releases/jobs/artifact-store.ts";
import { jobRequestOf } from "../tools/manager/releases/jobs/job-request.ts";
import { releaseAt } from "../tools/manager/releases/record/release-at.ts";
import { ReleaseRecords } from "../tools/manager/releases/record/release-records.ts";
import { runJob, type ReleasePlace } from "../tools/manager/releases/jobs/run-job.ts";
import { checkOutSource } from "../tools/manager/releases/jobs/source-checkout.ts";
import { bubblewrap } from "../tools/sandbox/bubblewrap/bubblewrap.ts";
import { readCommitProjects } from "../tools/workspace/releases/commit-releases.ts";
import { median, type BenchReport } from "./report.ts";

const jobs = 20;
const files = 500;
const script = 'cp README.md "app"\n';
const definition = `[targets]
${Array.from({ length: jobs }, (_, index) => `target${index} = { }\n`).join("")}[channels]
stable = { tag = '.+' }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
[stages.test]
app = { run = "test.sh", for = "*", takes = "bin" }
`;

/** What a job of a release costs beside its script: source, scripts and artifacts brought, what it made kept and recorded. */
export async function benchReleaseJob(): Promise<BenchReport> {
  const server = new GitServer();
  const w = new ScratchWorkspace();
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  try {
    await server.start();
    const source = Object.fromEntries(
      Array.from({ length: files }, (_, index) => [`src/${index}.c`, `int f${index};\n`.repeat(100)]),
    );
    const commit = server.commit("app", { files: { "README.md": "# App\n", ...source } });
    w.write("releases/app/release.toml", `source = "${server.url("app")}"\n${definition}`);
    w.write("releases/app/build.sh", script);
    w.write("releases/app/test.sh", "true\n");
    w.publishScheduled();
    const place = placeAt(w.dir, home);
    const ref = { kind: "tag", name: "v1", commit } as const;
    const head = await place.git.text(["rev-parse", "HEAD"]);
    const project = (await readCommitProjects(place.git, head)).get("app")!;
    const found = (await releaseAt(place.git, head, project, place.records, {
      channel: "stable",
      ref,
      now: 0,
    }))!;
    if (found.plan.kind !== "release") throw new Error(found.plan.reasons.join("; "));
    const release = { ...found, plan: found.plan };
    const { folder } = await checkOutSource(place.git, place.folders.state, release.plan);
    const log = openLog(join(home, "log"));
    const signal = new AbortController().signal;
    const [asJobs, byHand]: [number[], number[]] = [[], []];
    for (const job of release.plan.jobs) {
      const start = performance.now();
      const request = jobRequestOf(place.records, release, job, 60);
      const end = await runJob(place, { release, job, request }, { name: job.key, log, signal });
      if (end.kind !== "green") throw new Error(`${job.key}: ${end.kind}`);
      const between = performance.now();
      await runByHand(place, folder, job.stage === "build" ? script : "true");
      asJobs.push(between - start);
      byHand.push(performance.now() - between);
    }
    log.close();
    return {
      name: `jobs of a release, of ${files} source files; median of ${release.plan.jobs.length}`,
      figures: {
        "as a job": `${median(asJobs).toFixed(0)} ms`,
        "the script by hand in the sandbox": `${median(byHand).toFixed(0)} ms`,
        "a job costs beside its script": `${(median(asJobs) - median(byHand)).toFixed(0)} ms`,
      },
    };
  } finally {
    await server.stop();
    w.remove();
    rmSync(home, { recursive: true, force: true });
  }
}

function placeAt(clone: string, home: string): ReleasePlace {
  const state = join(home, "state");
  const folders = foldersOf(state);
  mkdirSync(folders.work, { recursive: true });
  return {
    git: openGit(clone, process.env),
    sandbox: bubblewrap(),
    sandboxOf: undefined,
    folders,
    resources: undefined,
    records: new ReleaseRecords(state),
    artifacts: new ArtifactStore(state),
    checkpoint: undefined,
    now: Date.now,
  };
}

/** A copy of the source, since the script writes into it. */
async function runByHand({ sandbox }: ReleasePlace, source: string, text: string): Promise<void> {
  await sandbox.run({
    command: ({ scratch, home }) => ({
      argv: ["/bin/bash", "-c", `cp -R /source/. . && ${text}`],
      env: { PATH: "/usr/bin:/bin", HOME: home },
      cwd: scratch,
    }),
    mounts: [{ source, target: "/source", writable: false }],
    user: "builder",
    network: false,
    limits: { seconds: 60, graceSeconds: 1, memoryBytes: 2 ** 30, processes: 1000, outputBytes: 2 ** 30 },
    onOutput: () => {},
  });
}
