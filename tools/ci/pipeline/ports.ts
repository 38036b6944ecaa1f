import type { SluiceError } from "../../errors.ts";
import type { Forge } from "../../forge/forge.ts";
import type { Git } from "../../git/git.ts";
import type { Checkpoint } from "../../steps.ts";
import type { PublishedNeeds } from "../../upstream/distribution/published-needs.ts";
import type { UpstreamMemory, Upstreams } from "../../upstream/sources.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import type { Platform } from "./platform.ts";

/** What a pipeline that asks upstreams works with. */
export interface SchedulePorts {
  readonly git: Git;
  readonly platform: Platform;
  /** Opens the upstreams for one plan. */
  readonly upstreams: (config: RepositoryConfig, memory: UpstreamMemory) => Upstreams;
  /**
   * What everything that is published needs and gives. Without it nothing is rebuilt because something of that is
   * gone.
   */
  readonly published?: PublishedHere;
  /** Where reviews are, or why there are none. */
  readonly forge: Forge | SluiceError;
  readonly now: () => Date;
  /** Receives progress messages for people. */
  readonly progress: (what: string) => void;
  readonly checkpoint?: Checkpoint | undefined;
}

/**
 * Asked for one architecture; undefined where nobody knows.
 *
 * @param before its digest as it was seen last
 */
export type PublishedHere = (
  config: RepositoryConfig,
  upstreams: Upstreams,
  arch: string,
  before?: string,
) => Promise<PublishedNeeds | undefined>;
