import type { StoredFile } from "../publisher.ts";

/** A release on a forge, as it is to be. */
export interface WantedRelease {
  readonly tag: string;
  readonly title: string;
  /** Markdown. */
  readonly notes: string;
  readonly prerelease: boolean;
  /** Whether the forge shows it as the latest. */
  readonly latest: boolean;
  readonly files: readonly StoredFile[];
}

/** What forges do for a release; each may be repeated. */
export interface ForgeReleases {
  /** Brings files that nobody sees yet. Those of another content are refused once they can be seen. */
  bring(wanted: WantedRelease): Promise<void>;
  /** The digest of a file that was brought, by its content; undefined: it isn't there. */
  read(wanted: Pick<WantedRelease, "tag">, file: Pick<StoredFile, "path">): Promise<string | undefined>;
  /** @returns where people find it */
  publish(wanted: WantedRelease): Promise<string>;
}
