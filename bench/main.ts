import { cpus, release } from "node:os";
import { benchAurDump } from "./aur-dump.ts";
import { benchAurMirror } from "./aur-mirror.ts";
import { benchBuilder } from "./builder.ts";
import { benchDispatch } from "./dispatch.ts";
import { benchDeptree } from "./deptree.ts";
import { benchGate } from "./gate.ts";
import { benchGeneratedTree } from "./generated-tree.ts";
import { benchManyBuilders } from "./many-builders.ts";
import { benchMetadata } from "./metadata.ts";
import { benchNeeds } from "./needs.ts";
import { benchOnCommit } from "./on-commit.ts";
import { benchOnSchedule } from "./on-schedule.ts";
import { benchPkgrepo } from "./pkgrepo.ts";
import { benchQueue } from "./queue.ts";
import { benchReleaseJob } from "./release-job.ts";
import { benchReleasePlan } from "./release-plan.ts";
import type { BenchReport } from "./report.ts";
import { benchRemoteBuild } from "./remote-build.ts";
import { benchReviews } from "./reviews.ts";
import { benchSandbox } from "./sandbox.ts";
import { benchWeb } from "./web.ts";

/** `npm run bench` runs all of them, `npm run bench -- deptree` one. */
const benchmarks: Readonly<Record<string, () => BenchReport | Promise<BenchReport>>> = {
  deptree: benchDeptree,
  metadata: benchMetadata,
  "on-commit": benchOnCommit,
  "on-schedule": benchOnSchedule,
  needs: benchNeeds,
  "release-plan": benchReleasePlan,
  "release-job": benchReleaseJob,
  gate: benchGate,
  reviews: benchReviews,
  "generated-tree": benchGeneratedTree,
  sandbox: benchSandbox,
  builder: benchBuilder,
  pkgrepo: benchPkgrepo,
  queue: benchQueue,
  dispatch: benchDispatch,
  "many-builders": benchManyBuilders,
  "remote-build": benchRemoteBuild,
  web: benchWeb,
  "aur-dump": benchAurDump,
  "aur-mirror": benchAurMirror,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}\n`);
  process.exit(2);
}

const [cpu] = cpus();
process.stdout.write(
  `${cpus().length} cores ${cpu?.model}, Linux ${release()}, Node ${process.versions.node}\n`,
);
for (const [name, bench] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const report = await bench();
  process.stdout.write(`\n${report.name}\n${formatFigures(report)}`);
}

function formatFigures({ figures }: BenchReport): string {
  const width = Math.max(...Object.keys(figures).map((what) => what.length));
  return Object.entries(figures)
    .map(([what, figure]) => `  ${what.padEnd(width)}  ${figure}\n`)
    .join("");
}
