import { editConfigFile, parseConfigFile } from "../config/config-file.ts";
import type { PastEvent } from "../../gate/review/history-section.ts";
import { formatPast, parsePast } from "./package-past.ts";
import type { stateKeys } from "./state-keys.ts";

/** One package's file. */
export interface PackageState {
  /** CI_GIT_COMMIT: the newest commit of its VCS sources that was scheduled. */
  readonly commit?: string | undefined;
  /** CI_PKGBUILD_TIMESTAMP: the AUR's LastModified of what was last taken or opened for review, in seconds. */
  readonly timestamp?: number | undefined;
  /** SLUICE_REVISION: upstream's revision that was last taken or opened for review. */
  readonly revision?: string | undefined;
  /** SLUICE_MAINTAINERS: the AUR's maintainers as last accepted; empty for an orphan. */
  readonly maintainers?: readonly string[] | undefined;
  /** SLUICE_HELD: the digest of the recipe that waits in a review. */
  readonly held?: string | undefined;
  /** SLUICE_HELD_MAINTAINERS: who is accepted along with that recipe. */
  readonly heldMaintainers?: readonly string[] | undefined;
  /** SLUICE_FOUND: a recipe that waits for CI_COOLDOWN, `digest@seconds` since when; 16 digits, since 1970. */
  readonly found?: { readonly digest: string; readonly at: number } | undefined;
  /** SLUICE_REBUILT_FOR: the versions of what `.CI/rebuild-on.toml` names that it was last rebuilt for. */
  readonly rebuiltFor?: ReadonlyMap<string, string> | undefined;
  /**
   * SLUICE_APPROVED: where pipelines have let more through than plain new versions, the commit that has the recipe as
   * a person approved it last, and 16 digits of the digest of what pipelines made of it.
   */
  readonly approved?: { readonly commit: string; readonly made: string } | undefined;
  /** SLUICE_REFUSED: the digest of the recipe that somebody refused. */
  readonly refused?: string | undefined;
  /** SLUICE_PAST: what happened to its updates, oldest first. */
  readonly past?: readonly PastEvent[] | undefined;
}

/** What can't be understood counts as not known. */
export function parsePackageState(text: string): PackageState {
  const values = new Map(parseConfigFile(text).entries.map(({ key, value }) => [key, value]));
  const matching = (key: string, pattern: RegExp): string | undefined => {
    const value = values.get(key);
    return value !== undefined && pattern.test(value) ? value : undefined;
  };
  const names = (key: string): readonly string[] | undefined =>
    matching(key, /^[\w.@+,-]*$/)
      ?.split(",")
      .filter((name) => name !== "");
  const [, digest, at] = /^([0-9a-f]{16})@(\d{1,12})$/.exec(values.get("SLUICE_FOUND") ?? "") ?? [];
  const [, commit, made] =
    /^([0-9a-f]{40,64})@([0-9a-f]{16})$/.exec(values.get("SLUICE_APPROVED") ?? "") ?? [];
  const timestamp = matching("CI_PKGBUILD_TIMESTAMP", /^\d{1,12}$/);
  return {
    commit: matching("CI_GIT_COMMIT", /^[0-9a-f+]{7,}$/),
    timestamp: timestamp === undefined ? undefined : Number(timestamp),
    revision: matching("SLUICE_REVISION", /^\S+$/),
    maintainers: names("SLUICE_MAINTAINERS"),
    held: matching("SLUICE_HELD", /^[0-9a-f]{16,64}$/),
    heldMaintainers: names("SLUICE_HELD_MAINTAINERS"),
    found: digest === undefined ? undefined : { digest, at: Number(at) },
    approved: commit === undefined ? undefined : { commit, made: made! },
    refused: matching("SLUICE_REFUSED", /^[0-9a-f]{16}$/),
    past: parsePast(values.get("SLUICE_PAST")),
    rebuiltFor: parseRebuiltFor(matching("SLUICE_REBUILT_FOR", /^[\x21-\x7e]+$/)),
  };
}

/** Both sides of `name=version` are encoded as in a URL: they are anybody's text. */
function parseRebuiltFor(text: string | undefined): ReadonlyMap<string, string> | undefined {
  const pairs = text?.split(",").map((pair) => pair.split("=").map(decoded));
  return pairs && new Map(pairs.map(([name = "", version = ""]) => [name, version]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The file's text with this state; lines that it doesn't know stay as they are. */
export function packageStateText(text: string, state: PackageState): string {
  const values: readonly (readonly [keyof typeof stateKeys, string | undefined])[] = [
    ["CI_GIT_COMMIT", state.commit],
    ["CI_PKGBUILD_TIMESTAMP", state.timestamp?.toString()],
    ["SLUICE_REVISION", state.revision],
    ["SLUICE_MAINTAINERS", state.maintainers?.join(",")],
    ["SLUICE_HELD", state.held],
    ["SLUICE_HELD_MAINTAINERS", state.heldMaintainers?.join(",")],
    ["SLUICE_FOUND", state.found && `${state.found.digest}@${state.found.at}`],
    ["SLUICE_APPROVED", state.approved && `${state.approved.commit}@${state.approved.made}`],
    ["SLUICE_REFUSED", state.refused],
    ["SLUICE_REBUILT_FOR", formatRebuiltFor(state.rebuiltFor)],
    ["SLUICE_PAST", formatPast(state.past)],
  ];
  return values.reduce((so, [key, value]) => editConfigFile(so, key, value), text);
}

function formatRebuiltFor(versions: ReadonlyMap<string, string> | undefined): string | undefined {
  if (!versions || versions.size === 0) return undefined;
  return [...versions].map((pair) => pair.map(encodeURIComponent).join("=")).join(",");
}
