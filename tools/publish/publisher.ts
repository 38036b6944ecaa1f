import type { Definition } from "../release/definition/definition.ts";
import type { Publication } from "../release/definition/publication-kinds.ts";
import type { ArtifactOf, PlannedPublication, PlannedRelease } from "../release/plan/release-plan.ts";
import type { ArtifactFile, PublicationRecord } from "../release/record/record.ts";
import type { Checkpoint } from "../steps.ts";

/**
 * Brings artifacts to one destination. Each method may be repeated, after a death at any moment too, and ends what an
 * earlier one began.
 */
export interface Publisher {
  /**
   * Brings everything where it goes; clients can't see it yet.
   *
   * @throws SluiceError `publication-refused` where something else is published under that name
   */
  stage(): Promise<void>;

  /**
   * Reads back what was brought.
   *
   * @throws SluiceError `publication-damaged`
   */
  verify(): Promise<void>;

  /**
   * Shows it to clients, which get the old or the new at any moment. The same name and digest is done already; another
   * digest is refused, never overwritten.
   */
  show(): Promise<readonly PublishedFile[]>;

  /** Moves another name, such as `latest`, to what is shown. */
  alias?(name: string): Promise<void>;

  /** Takes away what earlier releases have published and nobody needs any more. */
  drop?(files: readonly PublishedFile[]): Promise<void>;

  close?(): Promise<void>;
}

/** Something that can be seen, by its address. */
export type PublishedFile = PublicationRecord["files"][number];

/** A file of an artifact, and where it lies here. */
export interface StoredFile extends ArtifactFile {
  readonly file: string;
}

export interface ToPublish {
  readonly planned: PlannedPublication;
  /** As the definition has it. */
  readonly publication: Publication;
  readonly definition: Definition;
  readonly plan: PlannedRelease;
  readonly filesOf: (of: ArtifactOf) => readonly StoredFile[];
  /** Keys and tokens by their variable. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** An empty folder to work in. */
  readonly folder: string;
  /** A folder with the project's source at that commit. It is anybody's: links in it may lead anywhere. */
  readonly source: string;
  /** Whether no newer version is released, so that what is called the latest becomes this one. */
  readonly latest: boolean;
  /** The commit's, in seconds since 1970. */
  readonly time: number;
  readonly checkpoint: Checkpoint | undefined;
}

/** Reads what was published some time ago, as a client does. */
export interface Reader {
  /** The digest of what is there now; undefined: nothing. */
  read(file: PublishedFile): Promise<string | undefined>;
  close?(): Promise<void>;
}

export interface ToRead extends Pick<ToPublish, "secrets"> {
  /** As the definition has it now. */
  readonly publication: Publication;
  /** What was released. */
  readonly tag: string;
}
