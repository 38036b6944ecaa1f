import type { ReleaseRef } from "../refs/ref.ts";
import type { Bundle } from "../definition/definition.ts";
import type { Judged } from "./after.ts";

/** What a release comes to, or why there is none: plain data, which `--json` prints. */
export type ReleasePlan = PlannedRelease | NoRelease;

export interface PlannedRelease {
  readonly kind: "release";
  readonly project: string;
  readonly source: string;
  readonly ref: ReleaseRef;
  readonly channel: string;
  /** Null where the tag names none. */
  readonly version: string | null;
  readonly prerelease: boolean;
  /** Why it is this channel. */
  readonly reason: string;
  readonly after: readonly Judged[];
  /** In an order in which they could run one after the other. */
  readonly jobs: readonly PlannedJob[];
  readonly archives: readonly PlannedArchive[];
  readonly publications: readonly PlannedPublication[];
  /** Publications of the project that this release leaves out, and why. */
  readonly leftOut: readonly { readonly publication: string; readonly reason: string }[];
  /** What publishing does, in this order. */
  readonly steps: readonly Step[];
  readonly machines: readonly { readonly machine: string; readonly jobs: readonly string[] }[];
}

export interface NoRelease {
  /** `nothing`: no channel takes it; `wait`: something has to be green before; `refused`: a person has to change something. */
  readonly kind: "nothing" | "wait" | "refused";
  readonly project: string;
  readonly ref: ReleaseRef;
  readonly channel: string | null;
  readonly reasons: readonly string[];
}

/** An artifact, of one target where it has one. */
export interface ArtifactOf {
  readonly artifact: string;
  readonly target: string | null;
}

export interface PlannedJob {
  /** `build.garage@x86_64-unknown-linux-musl` */
  readonly key: string;
  readonly stage: string;
  readonly name: string;
  readonly target: string | null;
  /** From the root of the workspace. */
  readonly script: string;
  /** Who may run it; null: any builder. */
  readonly on: { readonly machine: string } | { readonly class: string } | null;
  readonly network: boolean;
  readonly image: string | null;
  /** Folders that are there as an earlier run left them, and whether this run's are kept; null: it starts empty. */
  readonly cache: { readonly paths: readonly string[]; readonly keep: boolean } | null;
  readonly fixture: string | null;
  readonly bench: string | null;
  /** Keys of the jobs that have to be green before. */
  readonly needs: readonly string[];
  /** Whether later stages need it. */
  readonly gate: boolean;
  /** From which job of this release, or of which channel before it, each comes. */
  readonly takes: readonly (ArtifactOf & {
    readonly from: { readonly job: string } | { readonly channel: string };
  })[];
  /** Where in the job's folder each is found; `*` stands for anything. */
  readonly makes: readonly (ArtifactOf & { readonly path: string })[];
  /** What is made of these: the same with the libraries that its programs need, in a folder of it. */
  readonly bundles: readonly (ArtifactOf & Bundle)[];
  readonly reason: string;
}

export interface PlannedArchive {
  readonly archive: string;
  readonly target: string | null;
  readonly file: string;
  readonly of: ArtifactOf;
}

export interface PlannedPublication {
  readonly name: string;
  readonly to: string;
  /** Where what goes; a folder's address ends in `/`. */
  readonly places: readonly { readonly at: string; readonly holds: readonly ArtifactOf[] }[];
  readonly reason: string;
}

export interface Step {
  readonly do: "stage" | "verify" | "publish" | "show" | "alias";
  readonly publication: string;
  /** The other name that moves. */
  readonly alias?: string;
}
