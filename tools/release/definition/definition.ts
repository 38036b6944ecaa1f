import type { Archive, Channel, Machine } from "./schema.ts";
import type { Publication } from "./publication-kinds.ts";
import type { RefPattern } from "./ref-pattern.ts";

/** A project, as `release.toml` and its adapter define it; maps are in the files' order. */
export interface Definition {
  readonly project: string;
  /** `release.toml`, from the root of the workspace. */
  readonly file: string;
  readonly source: string;
  /** What tags of this project begin with; "" where all are. */
  readonly prefix: string;
  /** Fields by target. */
  readonly targets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly channels: ReadonlyMap<string, DefinedChannel>;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly stages: ReadonlyMap<string, ReadonlyMap<string, DefinedJob>>;
  readonly archives: ReadonlyMap<string, Archive>;
  readonly publications: ReadonlyMap<string, Publication>;
}

export interface DefinedChannel extends Omit<Channel, "tag" | "branch" | "after"> {
  readonly name: string;
  readonly tag: RefPattern | undefined;
  readonly branch: RefPattern | undefined;
  readonly after: readonly Condition[];
}

/** What `after` asks for. */
export type Condition =
  /** The stage is green for the same commit, in that channel. */
  | { readonly kind: "green"; readonly stage: string; readonly channel: string }
  /** The stage was green no longer ago, for whichever commit. */
  | { readonly kind: "recent"; readonly stage: string; readonly age: string; readonly milliseconds: number }
  | { readonly kind: "label"; readonly label: string }
  /** A person has accepted what this job reports. */
  | { readonly kind: "reviewed"; readonly job: string };

export interface DefinedJob {
  readonly stage: string;
  readonly name: string;
  /** From the root of the workspace. */
  readonly script: string;
  /** Undefined: it runs once. */
  readonly targets: readonly string[] | undefined;
  readonly on: string | undefined;
  /** Paths in the job's folder, by artifact. */
  readonly makes: ReadonlyMap<string, string>;
  /** By the archive's name, an artifact besides: what the archive packs, with libraries. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  readonly takes: readonly string[];
  readonly gate: boolean;
  readonly network: boolean;
  readonly image: string | undefined;
  /** Folders in the job's folder. */
  readonly cache: readonly string[];
  /** From the root of the workspace. */
  readonly fixture: string | undefined;
  readonly bench: string | undefined;
}

/** An artifact of the same job, and the folder in it for the libraries that its programs need. */
export interface Bundle {
  readonly of: string;
  readonly libraries: string;
}

/** `build.app`, as the file has it. */
export function jobName({ stage, name }: Pick<DefinedJob, "stage" | "name">): string {
  return `${stage}.${name}`;
}

export function allJobs({ stages }: Pick<Definition, "stages">): readonly DefinedJob[] {
  return [...stages.values()].flatMap((jobs) => [...jobs.values()]);
}

/** What a job makes by its script, and what is made of that. */
export function madeBy({ makes, bundles }: Pick<DefinedJob, "makes" | "bundles">): readonly string[] {
  return [...makes.keys(), ...bundles.keys()];
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
