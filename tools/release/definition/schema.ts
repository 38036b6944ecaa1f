import { z } from "zod";
import { limits } from "./limits.ts";
import { publication } from "./publication-kinds.ts";
import * as text from "./texts.ts";

/**
 * What `release.toml` may hold: read by this, and the JSON Schema for editors is made from it. What one key says of
 * another is checked afterwards (check-*.ts).
 */

const oneOrMore = <T extends z.ZodType>(of: T, what: string): z.ZodUnion<[T, z.ZodArray<T>]> =>
  z.union([of, z.array(of).min(1).max(200)], { error: `has to be ${what}, or a list of them` });

const table = <K extends z.ZodString, V extends z.ZodType>(
  key: K,
  value: V,
  most: number,
  what: string,
): z.ZodRecord<K, V> =>
  z
    .record(key, value)
    .refine((entries) => Object.keys(entries).length <= most, {
      error: ({ input }) =>
        `has ${Object.keys(input as object).length} ${what}; at most ${most} are possible`,
      abort: true,
    })
    .meta({ maxProperties: most });

const target = z.record(text.fieldName, text.fieldValue).meta({
  description:
    "Fields of the target, which names and addresses use as {field}; `class` says which builders build for it.",
});

const job = z.strictObject({
  run: text.script.describe("The script, a path beside this file."),
  for: oneOrMore(z.string().min(1).max(100), "a target")
    .optional()
    .describe(
      "The targets that it runs for, each by itself; * stands for anything. Without it, it runs once.",
    ),
  on: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("A machine of [machines], or else a class of builders; may hold {field}."),
  makes: table(text.name, text.innerPath, 50, "artifacts")
    .optional()
    .describe("Artifacts by their name: a path in the job's folder, in which * stands for anything."),
  takes: oneOrMore(text.name, "an artifact")
    .optional()
    .describe(
      "Artifacts of earlier jobs, or an archive with `bundle`, unpacked. A job for a target gets those of its target.",
    ),
  gate: z.boolean().optional().describe("false: nothing waits for it, and its failure stops nothing."),
  network: z.boolean().optional().describe("true: the script may use the network."),
  image: z
    .string()
    .max(200)
    .regex(/^[a-z0-9][\w./:@-]*$/, "is no container image")
    .optional()
    .describe(
      "A container image whose programs the script uses in place of the machine's; it has bash, coreutils, findutils and tar.",
    ),
  cache: oneOrMore(text.cachePath, "a folder")
    .optional()
    .describe(
      "Folders in the job's folder that are kept for its next run, for each target by itself, where nothing that is published depends on it.",
    ),
  fixture: text.innerPath.optional().describe("A file of this folder that names test data by SHA-256."),
  bench: text.innerPath.optional().describe("The file with measurements that the job leaves."),
});

const stages = table(
  text.name.refine(
    (name) => name !== "label" && name !== "reviewed",
    "can't be a stage's name: `after` uses it",
  ),
  table(text.name, job, limits.jobsOfStage, "jobs"),
  limits.stages,
  "stages",
).describe(
  "Jobs by stage. Stages run in the file's order; one starts when the gating jobs before it are green.",
);

const channel = z.strictObject({
  tag: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "A regular expression (RE2) for the whole name of a tag; {version} stands for numbers with dots.",
    ),
  branch: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("A regular expression (RE2) for the whole name of a branch."),
  reviews: z.literal(true, { error: "can only be true" }).optional().describe("Every pull or merge request."),
  trigger: text.name.optional().describe("Only when this trigger runs: nightly, weekly or another name."),
  after: z
    .record(text.name, z.string().min(1).max(100))
    .optional()
    .describe(
      'What has to be green before: STAGE = "CHANNEL" for the same commit, STAGE = "7d" for no longer ago; label = "NAME" of the review; reviewed = "JOB" for what a person has accepted.',
    ),
  stages: z.array(text.name).min(1).max(limits.stages).optional().describe("Only these stages."),
  publish: z.array(text.name).max(limits.publications).optional().describe("Only these publications."),
  alias: text.name.optional().describe("Another name of the newest release, such as latest."),
  prerelease: z
    .boolean()
    .optional()
    .describe(
      "Never moves an alias; forges show it as a prerelease. Where it isn't said, versions such as 1.0-rc1 and 1.0b2 are.",
    ),
});

const machine = z.strictObject({
  on: z.enum(["digitalocean", "local"]),
  image: z.union([z.int(), z.string().min(1).max(200)], { error: "has to be a number or a name" }),
  size: z.string().min(1).max(100).optional(),
  region: z.string().min(1).max(100).optional(),
  hours: z.int().min(1).max(72).describe("It is destroyed when it is older."),
});

const archive = z.strictObject({
  of: text.name.describe("The artifact that is packed, for each of its targets."),
  name: text.innerPath
    .refine((name) => !name.includes("/"), "is a file's name, without /")
    .describe("The archive's name, which may hold {field}; .tar.xz or .zip says what it is."),
  bundle: text.innerPath
    .refine((path) => !/[*{}$:;]/.test(path), "is a folder's path, without * and {…}")
    .optional()
    .describe(
      "The folder in the archive for the libraries that its programs need; each program gets a launcher.",
    ),
  with: z.array(text.innerPath).max(100).optional().describe("Further files of the source."),
});

export const adapterSchema = z.strictObject({ stages }).meta({ title: "Sluice release adapter" });

export const definitionSchema = z
  .strictObject({
    source: text.sourceAddress.describe("The project's Git repository, or . for the workspace's own."),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9@][A-Za-z0-9._@+/-]{0,99}$/, "is no beginning of a tag's name")
      .optional()
      .describe("Only tags that begin with it are this project's, and channels match what follows."),
    adapter: z
      .string()
      .regex(/^\.\.\/[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9.-]*\.toml$/, "is no ../FOLDER/NAME.toml")
      .optional()
      .describe("A file beside the projects that has the stages' other jobs."),
    targets: table(text.targetName, target, limits.targets, "targets").optional(),
    channels: table(text.name, channel, limits.channels, "channels"),
    machines: table(text.name, machine, limits.machines, "machines").optional(),
    stages: stages.optional(),
    archives: table(text.name, archive, limits.archives, "archives").optional(),
    publish: table(text.name, publication, limits.publications, "publications").optional(),
  })
  .meta({ title: "Sluice release.toml" });

export type Job = z.infer<typeof job>;
export type Channel = z.infer<typeof channel>;
export type Machine = z.infer<typeof machine>;
export type Archive = z.infer<typeof archive>;

/** `docs/release.schema.json` */
export const releaseJsonSchema = z.toJSONSchema(definitionSchema, { target: "draft-7" });
export const adapterJsonSchema = z.toJSONSchema(adapterSchema, { target: "draft-7" });
