import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Drained, PendingBuild } from "../../queue/queue.ts";
import { describeStatus } from "../status.ts";
import { classesHere, isNumber } from "../releases/jobs/job-class.ts";
import { releaseArch } from "../releases/record/release-key.ts";
import { canTake, takesJobs, type Builder } from "./roster.ts";

const liveBuildersSchema = z.object({
  /** When the manager wrote it, in milliseconds since 1970. */
  at: z.number(),
  /** The architectures for which the manager builds, too, every class. */
  here: z.array(z.string()).readonly(),
  /** The manager's name as a builder. */
  worker: z.string().optional(),
  /** How Redis was, where it is used; null: it didn't answer. */
  redis: z.object({ usedBytes: z.number().nullable() }).nullish(),
  builders: z.array(
    z.object({
      name: z.string(),
      class: z.string(),
      arch: z.string(),
      crosses: z.boolean().optional(),
      jobs: z.number(),
      building: z.number(),
    }),
  ),
});

/** Which builders there are, as a running manager leaves it for other commands. */
export type LiveBuilders = Readonly<z.infer<typeof liveBuildersSchema>>;

/** What a manager that has ended said doesn't count. */
const freshMs = 30_000;

const fileOf = (state: string): string => join(state, "builders-living.json");

export async function writeLiveBuilders(
  state: string,
  builders: readonly Builder[],
  { at, here, worker, redis }: Pick<LiveBuilders, "at" | "here" | "worker" | "redis">,
): Promise<void> {
  const told = builders.map(({ name, arch, crosses, jobs, held, class: own }) => ({
    name,
    class: own,
    arch,
    crosses,
    jobs,
    building: held.size,
  }));
  const fresh = `${fileOf(state)}.${process.pid}.tmp`;
  await writeFile(fresh, JSON.stringify({ at, here, worker, redis, builders: told } satisfies LiveBuilders));
  await rename(fresh, fileOf(state));
}

/** Undefined where no manager hands out builds now. */
export async function readLiveBuilders(state: string, now: number): Promise<LiveBuilders | undefined> {
  const text = await readFile(fileOf(state), "utf8").catch(() => "null");
  try {
    const living = liveBuildersSchema.parse(JSON.parse(text));
    return now - living.at < freshMs ? living : undefined;
  } catch {
    return undefined;
  }
}

/** Who might take builds, as far as that is known. */
export interface Takers {
  /** Undefined: no manager says so now. */
  readonly living: LiveBuilders | undefined;
  readonly drained: readonly Drained[];
}

/** Why a build that is ready isn't taken by anybody, or undefined where somebody takes it or that isn't known. */
export function whyNobody(
  { class: wanted, arch }: { readonly class: string | null; readonly arch: string },
  { living, drained }: Takers,
): string | undefined {
  if (!living) return undefined;
  const reasons = new Map(drained.map((one) => [one.worker, one.why]));
  if (arch === releaseArch) return whyNobodyRuns(wanted, living, reasons);
  const { here, worker = "", builders } = living;
  const fitting = builders.filter((builder) => builder.arch === arch);
  const able = fitting.filter((builder) => canTake(builder, wanted)).map(({ name }) => name);
  const all = here.includes(arch) ? [worker, ...able] : able;
  if (all.some((name) => !reasons.has(name))) return undefined;
  if (all.length > 0) return sayDrained(all, reasons);
  if (fitting.length === 0) {
    const archs = [...new Set([...here, ...builders.map((builder) => builder.arch)])];
    const others = archs.length === 0 ? "nor for anything else" : `only for ${archs.join(", ")}`;
    return `no builder is there for ${arch}, ${others}`;
  }
  const what = wanted === null ? "what has no class" : `class ${wanted}`;
  return `no builder takes ${what}: ${fitting.map(sayTakes).join(", ")}`;
}

/** The same of a job of a release. One without a class is run where its artifacts are. */
function whyNobodyRuns(
  wanted: string | null,
  { here, builders }: LiveBuilders,
  drained: ReadonlyMap<string, string>,
): string | undefined {
  if (wanted === null || (here.length > 0 && classesHere().includes(wanted))) return undefined;
  const able = builders.filter((builder) => takesJobs(builder).classes.includes(wanted));
  if (able.some(({ name }) => !drained.has(name))) return undefined;
  if (able.length === 0) return `no builder of class ${wanted} has been seen`;
  return sayDrained(
    able.map(({ name }) => name),
    drained,
  );
}

function sayDrained(names: readonly string[], reasons: ReadonlyMap<string, string>): string {
  const listed = names.map((name) => `${name} (by ${reasons.get(name)})`).join(", ");
  return `every builder that could take it is drained: ${listed}`;
}

/** `attic takes class 2 and lower` */
function sayTakes({ name, class: own }: Pick<Builder, "name" | "class">): string {
  return `${name} takes class ${own}${isNumber(own) ? " and lower" : " only"}`;
}

/** A build's status in a few words, and of a ready one why nobody takes it. */
export function describeWaiting(
  build: PendingBuild,
  takers: Takers,
  moment?: (time: number) => string,
): string {
  const status = describeStatus(build.status, moment);
  const nobody = build.status.kind === "ready" ? whyNobody(build, takers) : undefined;
  return nobody === undefined ? status : `${status}, but ${nobody}`;
}
