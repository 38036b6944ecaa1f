import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { PendingBuild } from "../../queue/queue.ts";
import { describeStatus } from "../status.ts";
import { canTake, type Builder } from "./roster.ts";

const liveBuildersSchema = z.object({
  /** When the manager wrote it, in milliseconds since 1970. */
  at: z.number(),
  /** The architectures for which the manager builds, too, every class. */
  here: z.array(z.string()).readonly(),
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
  { at, here, redis }: Pick<LiveBuilders, "at" | "here" | "redis">,
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
  await writeFile(fresh, JSON.stringify({ at, here, redis, builders: told } satisfies LiveBuilders));
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

/** Why a build that is ready isn't taken by anybody, or undefined where somebody takes it. */
export function whyNobody(
  { class: wanted, arch }: { readonly class: string | null; readonly arch: string },
  { here, builders }: Pick<LiveBuilders, "here" | "builders">,
): string | undefined {
  const fitting = builders.filter((builder) => builder.arch === arch);
  if (here.includes(arch) || fitting.some((builder) => canTake(builder, wanted))) return undefined;
  if (fitting.length === 0) {
    const archs = [...new Set([...here, ...builders.map((builder) => builder.arch)])];
    return `no builder builds for ${arch}: ${archs.length === 0 ? "there is none" : `there are some for ${archs.join(", ")}`}`;
  }
  const what = wanted === null ? "what has no class" : `class ${wanted}`;
  const others = fitting.map((builder) => `${builder.name} (${builder.class})`).join(", ");
  return `no builder takes ${what}: there are ${others}`;
}

/** A build's status in a few words, and of a ready one why nobody takes it. */
export function describeWaiting(
  build: PendingBuild,
  living: LiveBuilders | undefined,
  moment?: (time: number) => string,
): string {
  const status = describeStatus(build.status, moment);
  const nobody = build.status.kind === "ready" && living ? whyNobody(build, living) : undefined;
  return nobody === undefined ? status : `${status}, but ${nobody}`;
}
