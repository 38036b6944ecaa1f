import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { missingPrograms } from "../test/world/programs.ts";
import { withCorpus } from "./corpus.ts";
import { idleWorkspace, type IdleWorkspace } from "./idle-workspace.ts";
import { median, type BenchReport } from "./report.ts";
import type { RunFigures } from "./run-on-schedule.ts";
import type { ServedAddresses, ServedUpstreams } from "./serve-upstreams.ts";

const [serveUpstreams, runOnSchedule] = ["./serve-upstreams.js", "./run-on-schedule.js"].map((path) =>
  fileURLToPath(import.meta.resolve(path)),
) as [string, string];

/** A half-hourly run of a real workspace with nothing to do: the whole process with its children, others' CPU not. */
export async function benchOnSchedule(rows = 100_000, runs = 5): Promise<BenchReport> {
  const missing = missingPrograms("bash");
  if (missing.length > 0)
    return { name: "on-schedule", figures: { skipped: `${missing.join()} is missing` } };
  return withCorpus(
    `on-schedule: nothing to do, 100,000 rows of metadata, medians of ${runs} runs`,
    async (root) => {
      const workspace = idleWorkspace(root);
      const { origin, aur, commit } = workspace;
      const served: ServedUpstreams = { origin, rows, aur, commit };
      const servedFile = join(root, ".git/served.json");
      writeFileSync(servedFile, JSON.stringify(served));
      const server = spawn(process.execPath, [serveUpstreams, servedFile], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [line] = (await once(createInterface(server.stdout), "line")) as [string];
        return measure(root, workspace, JSON.parse(line) as ServedAddresses, runs);
      } finally {
        server.kill();
      }
    },
  );
}

function measure(
  root: string,
  { origin, clone, origins, repositories, needs }: IdleWorkspace,
  addresses: ServedAddresses,
  runs: number,
): BenchReport["figures"] {
  const standIns = Object.fromEntries([...origins].map((origin) => [origin, addresses.url]));
  const world = { ...addresses, standIns };
  const [worldFile, withNeedsFile] = [join(root, ".git/world.json"), join(root, ".git/with-needs.json")];
  writeFileSync(worldFile, JSON.stringify(world));
  writeFileSync(withNeedsFile, JSON.stringify({ ...world, needs }));
  const env = { ...process.env, ...gitEnvironment(repositories, addresses.url) };
  const refs = (): string => execFileSync("git", ["-C", origin, "for-each-ref"], { encoding: "utf8" });
  const run = (file: string) => {
    const { stdout, ...times } = timed('"$@"', [process.execPath, runOnSchedule, clone, file], env);
    return { ...times, figures: JSON.parse(stdout) as RunFigures };
  };
  // The first one compares, and remembers that it did.
  run(withNeedsFile);
  const before = refs();
  // By turns, so that what else the machine does concerns both.
  const pairs = Array.from({ length: runs }, () => ({ without: run(worldFile), needs: run(withNeedsFile) }));
  const measured = pairs.map(({ without }) => without);
  const { figures } = measured[0]!;
  const isIdle = pairs
    .flatMap((pair) => [pair.without, pair.needs])
    .every(({ figures }) => figures.lines.length === 0 && figures.builds === 0);
  if (!isIdle || refs() !== before)
    throw new Error(`there was something to do:\n${figures.lines.join("\n")}`);
  const [wall, cpu] = [median(measured.map((run) => run.wall)), median(measured.map((run) => run.cpu))];
  const withNeeds = median(pairs.map((pair) => pair.needs.cpu));
  const old = oldWay(addresses.url, repositories, env);
  return {
    "asked for": `${figures.upstreams} recipes, ${figures.commits} commits of ${repositories.length} repositories`,
    sluice: `${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU`,
    "with what all packages need": `${withNeeds.toFixed(2)} s of CPU, ${(100 * (withNeeds / cpu - 1)).toFixed(1)} % more`,
    "jq over the dump and git ls-remote for each repository": old
      ? `${old.wall.toFixed(1)} s, ${old.cpu.toFixed(1)} s of CPU, ${(old.cpu / cpu).toFixed(1)} times as much`
      : "skipped: they aren't all installed",
  };
}

/** What a shell pipeline needs for no more than the questions. */
function oldWay(
  url: string,
  repositories: readonly string[],
  env: NodeJS.ProcessEnv,
): { wall: number; cpu: number } | undefined {
  if (missingPrograms("curl", "gunzip", "jq").length > 0) return undefined;
  const script = `curl -s "$1/packages-meta-ext-v1.json.gz" | gunzip | jq -r '.[] | [.PackageBase, .LastModified] | @tsv'
shift
for url in "$@"; do git ls-remote "$url" HEAD; done`;
  return timed(script, [url, ...repositories], env);
}

/** Runs a script by bash, which counts the CPU of all its children; seconds. */
function timed(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { stdout: string; wall: number; cpu: number } {
  const { stdout, stderr, status } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT='%R %U %S'; time { ${script}\n}`, "bash", ...args],
    { encoding: "utf8", env, maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(stderr);
  const [real, user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number) as [
    number,
    number,
    number,
  ];
  return { stdout, wall: real, cpu: user + system };
}

/** For the program git, which knows nothing of stand-ins. */
function gitEnvironment(repositories: readonly string[], url: string): Record<string, string> {
  const places = [
    ...new Set(
      repositories.map((repository) => `${new URL(repository).protocol}//${new URL(repository).host}/`),
    ),
  ];
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(places.length)],
    ...places.flatMap((place, index) => [
      [`GIT_CONFIG_KEY_${index}`, `url.${url}/.insteadOf`],
      [`GIT_CONFIG_VALUE_${index}`, place],
    ]),
  ]) as Record<string, string>;
}
