import { z } from "zod";

const pkgbase = z
  .string()
  .regex(/^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/)
  .describe("A package folder and the unit of a build.");
const commitId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const build = z.strictObject({
  pkgbase,
  class: z
    .string()
    .regex(/^[A-Za-z0-9._+-]+$/)
    .nullable()
    .describe("Which builders may take this build; null: any."),
  pkgnames: z.array(z.string()).describe("What the recipe declares to produce."),
  needs: z
    .array(pkgbase)
    .describe("Every pkgbase of the workspace that must not be waiting or building when this build starts."),
  reason: z.string().describe("Why it is built, for people."),
});

const removal = z.strictObject({
  pkgbase,
  pkgnames: z
    .array(z.string())
    .describe("What it left in the package repository, as far as Git still knows."),
  reason: z.string().describe("Why it is removed, for people."),
});

const arch = z.string().regex(/^[a-z0-9_]+$/);

/** `.ci/schedule.json`: what to build and to remove. Written by the pipelines, read by the builders. */
export const scheduleSchema = z
  .strictObject({
    version: z.literal(1),
    commit: commitId.describe("The commit that holds the recipes to build."),
    pipeline: z
      .strictObject({
        commit: commitId.describe("The commit that the pipeline ran for; takes its commit status."),
        id: z.string().nullable().describe("The platform's pipeline or run number."),
        url: z.string().nullable(),
      })
      .describe("Where this schedule was made."),
    arch,
    source: z.string().describe("REPO_NAME: this workspace's name towards the manager."),
    target: z.string().describe("BUILD_REPO: the package repository to publish to."),
    builds: z.array(build).describe("In build order: what is needed comes before what needs it."),
    removals: z.array(removal).describe("What to take out of the package repository."),
    further: z
      .array(z.strictObject({ arch, builds: z.array(build), removals: z.array(removal) }))
      .optional()
      .describe("The same for each further architecture, where the repository has several."),
  })
  .meta({ title: "Sluice schedule" });

export type Schedule = Readonly<z.infer<typeof scheduleSchema>>;
export type ScheduledBuild = Readonly<z.infer<typeof build>>;
export type ScheduledRemoval = Readonly<z.infer<typeof removal>>;

/** One for each architecture. */
export function schedulesOf({ further = [], ...first }: Schedule): readonly Schedule[] {
  return [first, ...further.map((other) => ({ ...first, ...other }))];
}

/** What is built for whichever architecture, each package once. */
export function allBuilds(schedule: Schedule): readonly ScheduledBuild[] {
  const found = new Map<string, ScheduledBuild>();
  for (const build of schedulesOf(schedule).flatMap((one) => one.builds)) {
    if (!found.has(build.pkgbase)) found.set(build.pkgbase, build);
  }
  return [...found.values()];
}
