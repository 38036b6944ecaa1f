// A whole manager: its API, its queue and its log files, over a workspace of as many packages as it is told. Prints
// its address, schedules all of them at the first line of its input, and prints what it took when that ends.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pkgbuildText, srcinfoText } from "../test/world/workspace.ts";
import { openGit } from "../tools/git/git.ts";
import { handOut } from "../tools/manager/builders/hand-out.ts";
import { openInstallation } from "../tools/manager/installation.ts";
import { serve } from "../tools/manager/serve.ts";
import { redisAddress } from "../tools/queue/bullmq/redis-address.ts";
import { bubblewrap } from "../tools/sandbox/bubblewrap/bubblewrap.ts";
import { sleepingGraph } from "./sleeping-graph.ts";

export interface ManagerFigures {
  /** Of the processor, in the manager alone. */
  readonly cpuMs: number;
  readonly megabytes: number;
  readonly left: number;
}

const [builds = "", tokens = ""] = process.argv.slice(2);
const base = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const state = join(base, "state");
mkdirSync(state);
const known = (JSON.parse(tokens) as string[]).map((token, at) => [`b${at}`, sha256(token)]);
writeFileSync(join(state, "builders.json"), JSON.stringify(Object.fromEntries(known)));
const graph = sleepingGraph(Number(builds));
const commit = writeWorkspace(join(base, "clone"));
const installation = await openInstallation({
  git: openGit(join(base, "clone"), process.env),
  settings: { BUILD_REPO: "bench", SIGNING_KEY: "" },
  state,
  gnupgHome: "/nonexistent",
  sandbox: bubblewrap(),
});
const { publish } = await import("../tools/pkgrepo/publishing/publish.ts");
await publish(installation.repository, [], new Date());
const { queue, folders } = installation;
await installation.revisions.at(commit);
const handedOut = await handOut(installation, {
  redis: redisAddress(process.env)!,
  workspace: { name: "bench", url: join(base, "clone") },
  buildsHere: false,
  watcher: { troubled: (error) => process.stderr.write(`${error.message}\n`) },
});
const server = await serve(folders, 0, undefined, handedOut.handle);
const schedule = { commit, arch: "x86_64", target: "bench", source: "bench", removals: [] };
let before = process.cpuUsage();
process.stdout.write(`${server.url}\n`);
// The first line: all builders are there.
process.stdin.once("data", () => {
  before = process.cpuUsage();
  void queue.submit({ ...schedule, builds: graph });
});
await once(process.stdin, "end");
const { user, system } = process.cpuUsage(before);
await handedOut.close();
await server.close();
const figures: ManagerFigures = {
  cpuMs: (user + system) / 1000 / graph.length,
  megabytes: process.resourceUsage().maxRSS / 1024,
  left: (await queue.state()).builds.length,
};
await queue.close();
rmSync(base, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** One commit, written as Git's own stream. */
function writeWorkspace(folder: string): string {
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", folder]);
  const pieces = ["commit refs/heads/main\ncommitter Bench <bench@example.org> 1700000000 +0000\ndata 0\n"];
  const file = (path: string, text: string): void => {
    pieces.push(`M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
  };
  file(".ci/config", "BUILD_REPO=bench\nREPO_NAME=bench\n");
  for (const { pkgbase, needs } of graph) {
    const lines = needs.map((need) => `depends = ${need}`);
    file(`packages/${pkgbase}/PKGBUILD`, pkgbuildText(pkgbase, { lines }));
    file(`packages/${pkgbase}/.SRCINFO`, srcinfoText(pkgbase, { lines }));
  }
  execFileSync("git", ["-C", folder, "fast-import", "--quiet"], { input: pieces.join("") });
  return execFileSync("git", ["-C", folder, "rev-parse", "main"], { encoding: "utf8" }).trim();
}
