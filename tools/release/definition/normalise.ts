import type { z } from "zod";
import { matchesPattern } from "../template.ts";
import type { Condition, DefinedChannel, DefinedJob, Definition } from "./definition.ts";
import { listOf } from "./definition.ts";
import type { Mistake } from "./problems.ts";
import { refPattern, type RefPattern } from "./ref-pattern.ts";
import type { adapterSchema, Channel, definitionSchema, Job } from "./schema.ts";
import { named } from "./explain.ts";

/** A stage's jobs with the file that they come from. */
interface JobsOfFile {
  readonly file: string;
  readonly stages: z.infer<typeof adapterSchema>["stages"];
}

/**
 * What the files say, with every name spelled out: the adapter's stages and jobs come first, and a job of the project
 * takes the place of the adapter's with the same name.
 */
export function normalise(
  project: string,
  file: string,
  document: z.infer<typeof definitionSchema>,
  adapter: JobsOfFile | undefined,
): { definition: Definition; mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const targets = new Map(Object.entries(document.targets ?? {}));
  const archives = new Map(Object.entries(document.archives ?? {}));
  const stages = new Map<string, Map<string, DefinedJob>>();
  for (const from of [...(adapter ? [adapter] : []), { file, stages: document.stages ?? {} }]) {
    for (const [stage, jobs] of Object.entries(from.stages)) {
      const into = stages.get(stage) ?? new Map<string, DefinedJob>();
      stages.set(stage, into);
      for (const [name, job] of Object.entries(jobs)) {
        into.set(name, definedJob(stage, name, job, from.file, [...targets.keys()], archives));
      }
    }
  }
  const channels = new Map(
    Object.entries(document.channels).map(([name, channel]) => [
      name,
      definedChannel(name, channel, mistakes),
    ]),
  );
  const definition: Definition = {
    project,
    file,
    source: document.source,
    prefix: document.prefix ?? "",
    targets,
    channels,
    machines: new Map(Object.entries(document.machines ?? {})),
    stages,
    archives,
    publications: new Map(Object.entries(document.publish ?? {})),
  };
  return { definition, mistakes };
}

function definedJob(
  stage: string,
  name: string,
  job: Job,
  file: string,
  targets: readonly string[],
  archives: Definition["archives"],
): DefinedJob {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const patterns = listOf(job.for);
  const makes = job.makes ?? {};
  return {
    stage,
    name,
    script: `${folder}/${job.run}`,
    targets:
      job.for === undefined
        ? undefined
        : targets.filter((target) => patterns.some((pattern) => matchesPattern(pattern, target))),
    on: job.on,
    makes: new Map(Object.entries(makes)),
    bundles: bundlesOf(makes, archives),
    takes: listOf(job.takes),
    gate: job.gate ?? true,
    network: job.network ?? false,
    image: job.image,
    cache: listOf(job.cache),
    fixture: job.fixture === undefined ? undefined : `${folder}/${job.fixture}`,
    bench: job.bench,
  };
}

/** What archives with `bundle` pack of what a job makes. */
function bundlesOf(
  makes: Readonly<Record<string, string>>,
  archives: Definition["archives"],
): DefinedJob["bundles"] {
  return new Map(
    [...archives].flatMap(([archive, { of, bundle }]) =>
      bundle === undefined || !Object.hasOwn(makes, of) || Object.hasOwn(makes, archive)
        ? []
        : [[archive, { of, libraries: bundle }]],
    ),
  );
}

function definedChannel(name: string, channel: Channel, mistakes: Mistake[]): DefinedChannel {
  const pattern = (key: "tag" | "branch"): RefPattern | undefined => {
    const text = channel[key];
    if (text === undefined) return undefined;
    const read = refPattern(text);
    const at = ["channels", name, key];
    if (read) return read;
    mistakes.push({ at, message: `${named(at)}is no regular expression that RE2 knows` });
    return { text, matches: () => false };
  };
  const { tag: _tag, branch: _branch, after, ...rest } = channel;
  return {
    ...rest,
    name,
    tag: pattern("tag"),
    branch: pattern("branch"),
    after: Object.entries(after ?? {}).map(([key, value]) => condition(key, value)),
  };
}

function condition(key: string, value: string): Condition {
  if (key === "label") return { kind: "label", label: value };
  if (key === "reviewed") return { kind: "reviewed", job: value };
  const [, number, unit] = /^(\d{1,4})([hdw])$/.exec(value) ?? [];
  if (number === undefined) return { kind: "green", stage: key, channel: value };
  const hours = Number(number) * { h: 1, d: 24, w: 7 * 24 }[unit as "h" | "d" | "w"];
  return { kind: "recent", stage: key, age: value, milliseconds: hours * 3_600_000 };
}
