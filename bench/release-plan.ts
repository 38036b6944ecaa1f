import { readFileSync } from "node:fs";
import type { Definition } from "../tools/release/definition/definition.ts";
import { readDefinition } from "../tools/release/definition/read-definition.ts";
import { noEvidence } from "../tools/release/plan/evidence.ts";
import { planRelease } from "../tools/release/plan/plan-release.ts";
import { median, type BenchReport } from "./report.ts";

const projects = 500;
const targets = 20;
const commit = "0123456789".repeat(4);
const files = { open: () => ({ refused: "is missing" }), whyMissing: () => undefined };

/** Definitions of Garage's shape, read and planned: what a run does for all projects of a workspace. */
export function benchReleasePlan(): BenchReport {
  const texts = Array.from({ length: projects }, (_, index) => definitionText(index));
  const reading: number[] = [];
  const planning: number[] = [];
  let jobs = 0;
  for (let round = 0; round < 5; round++) {
    const start = mainThread();
    const definitions = texts.map(read);
    const between = mainThread();
    const plans = definitions.map((definition) =>
      planRelease(definition, { ref: { kind: "tag", name: "v1.2.0", commit }, at: 0 }, noEvidence, 0),
    );
    planning.push(mainThread() - between);
    reading.push(between - start);
    jobs = plans.reduce((sum, plan) => sum + (plan.kind === "release" ? plan.jobs.length : 0), 0);
  }
  return {
    name: `release plans of ${projects} projects with ${targets} targets each`,
    figures: {
      "jobs in all": String(jobs),
      "reading the definitions": `${median(reading).toFixed(0)} ms, the first time ${reading[0]!.toFixed(0)} ms`,
      "planning a release of each": `${median(planning).toFixed(0)} ms, the first time ${planning[0]!.toFixed(0)} ms`,
    },
  };
}

/** How long the main thread has run, in milliseconds; other work on the machine doesn't count. */
function mainThread(): number {
  return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[0]) / 1e6;
}

function read(text: string, index: number): Definition {
  const name = `project-${index}`;
  const { definition, problems } = readDefinition(name, `releases/${name}/release.toml`, text, files);
  if (!definition) throw new Error(problems.map(({ message }) => message).join("\n"));
  return definition;
}

function definitionText(index: number): string {
  const triples = Array.from(
    { length: targets },
    (_, target) => `machine${target}-unknown-linux-musl = { oci = "linux/arch${target}" }\n`,
  );
  return `source = "https://example.org/project-${index}.git"
[targets]
${triples.join("")}[channels]
stable = { tag = 'v[0-9]+\\.[0-9]+\\.[0-9]+' }
extra = { tag = '.+' }
development = { branch = "main", trigger = "weekly" }
[stages.check]
fmt = { run = "fmt.sh" }
unit = { run = "unit.sh" }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "result/bin/app" } }
[stages.test]
static = { run = "not-dynamic.sh", for = "*", takes = "bin" }
smoke = { run = "smoke.sh", for = ["machine1-*", "machine2-*"], takes = "bin" }
[archives]
main = { of = "bin", name = "main-{target}.tar.xz" }
[publish]
binaries = { to = "files", at = "s3://releases/{project}/{ref}/{target}/app", of = "bin" }
image = { to = "oci", at = "ghcr.io/example/{project}:{ref}", of = "bin" }
forge = { to = "forge", at = "github:example/project", of = "main" }
page = { to = "page", at = "s3://releases", of = "binaries" }
`;
}
