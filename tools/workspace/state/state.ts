import { isPkgbase } from "../../alpm/names.ts";
import type { FileChanges } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import type { SeenRefs } from "../../release/plan/next-locks.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { editConfigFile, parseConfigFile } from "../config/config-file.ts";
import { formatRequests, noRequests, parseRequests, requestsFile, type RequestList } from "./requests.ts";
import { formatSeenRefs, parseSeenRefs, seenRefsFile } from "./seen-refs.ts";
import { parseObject } from "./json-object.ts";
import { needsFiles, parseNeeds, type NeedsState } from "./needs-state.ts";
import type { stateKeys } from "./state-keys.ts";

/** What only machines write, as the branch `state` holds it. */
export interface State {
  /** By pkgbase; a package that isn't here was never looked at. */
  readonly packages: ReadonlyMap<string, PackageState>;
  /** `.version-state`: versions in the distribution's databases, by name. */
  readonly versions: ReadonlyMap<string, string>;
  readonly run: RunState;
  readonly needs: NeedsState;
  /** `.releases.json`: by project, the refs of its repository as they were seen. */
  readonly releases: ReadonlyMap<string, SeenRefs>;
  /** `.requests.json`: builds that builders are asked for. */
  readonly requests: RequestList;
}

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
  /** SLUICE_REFUSED: the digest of the recipe that somebody refused. */
  readonly refused?: string | undefined;
}

/** `.sluice.json`: what belongs to no package. Undefined where nothing was ever written. */
export interface RunState {
  /** Whether a run has written this state; the one of a repository taken over lacks it. */
  readonly known: boolean;
  /** The ETag of the AUR's metadata, where every package was current by it. */
  readonly aurEtag?: string | undefined;
  /** What each database of CI_LIB_DB was last read as. */
  readonly databases: readonly unknown[];
}

export const emptyState: State = {
  packages: new Map(),
  versions: new Map(),
  run: { known: false, databases: [] },
  needs: { gives: [], broken: {} },
  releases: new Map(),
  requests: noRequests,
};

/** The branch as it was read: what it means, and its files as they are, so that unknown lines survive. */
export interface StateBranch {
  readonly commit: string | undefined;
  readonly state: State;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Reads the branch `state`; without a commit there is nothing yet. What can't be understood counts as not known,
 * so that the next look at upstream learns it again.
 */
export async function readState(git: Git, commit: string | undefined): Promise<StateBranch> {
  if (commit === undefined) return { commit, state: emptyState, files: new Map() };
  const entries = (await listTree(git, commit)).filter(
    ({ mode, path, size = Infinity }) => mode.startsWith("100") && size <= largest(path),
  );
  const blobs = await readBlobs(
    git,
    entries.map(({ id }) => id),
  );
  const files = new Map(entries.map(({ path, id }) => [path, blobs.get(id)!.toString()]));
  return { commit, state: parseState(files), files };
}

/** Bytes. Of a hundred thousand packages what they give has some thirty million. */
function largest(path: string): number {
  return (path === ".gives.json" ? 256 : 16) * 2 ** 20;
}

function parseState(files: ReadonlyMap<string, string>): State {
  const packages = new Map<string, PackageState>();
  for (const [path, text] of files) if (isPkgbase(path)) packages.set(path, parsePackageState(text));
  return {
    packages,
    versions: parseVersions(files.get(".version-state") ?? ""),
    run: parseRunState(files.get(".sluice.json")),
    needs: parseNeeds(files.get(".gives.json"), files.get(".broken.json")),
    releases: parseSeenRefs(files.get(seenRefsFile)),
    requests: parseRequests(files.get(requestsFile)),
  };
}

function parsePackageState(text: string): PackageState {
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
  const timestamp = matching("CI_PKGBUILD_TIMESTAMP", /^\d{1,12}$/);
  return {
    commit: matching("CI_GIT_COMMIT", /^[0-9a-f+]{7,}$/),
    timestamp: timestamp === undefined ? undefined : Number(timestamp),
    revision: matching("SLUICE_REVISION", /^\S+$/),
    maintainers: names("SLUICE_MAINTAINERS"),
    held: matching("SLUICE_HELD", /^[0-9a-f]{16,64}$/),
    heldMaintainers: names("SLUICE_HELD_MAINTAINERS"),
    found: digest === undefined ? undefined : { digest, at: Number(at) },
    refused: matching("SLUICE_REFUSED", /^[0-9a-f]{16}$/),
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

function formatRebuiltFor(versions: ReadonlyMap<string, string> | undefined): string | undefined {
  if (!versions || versions.size === 0) return undefined;
  return [...versions].map((pair) => pair.map(encodeURIComponent).join("=")).join(",");
}

/** `name:version` lines. An epoch's colon is the version's: names hold none. */
function parseVersions(text: string): Map<string, string> {
  const versions = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) versions.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return versions;
}

function parseRunState(text: string | undefined): RunState {
  const parsed = text === undefined ? undefined : parseObject(text);
  if (parsed?.["version"] !== 1) return { known: false, databases: [] };
  const { aurEtag, databases } = parsed;
  return {
    known: true,
    aurEtag: typeof aurEtag === "string" ? aurEtag : undefined,
    databases: Array.isArray(databases) ? databases : [],
  };
}

/** `.gives.json` alone, of a commit of the branch. */
export async function readGivesState(git: Git, commit: string): Promise<readonly unknown[]> {
  const { ok, stdout } = await git.attempt(["show", `${commit}:.gives.json`]);
  return ok ? parseNeeds(stdout, undefined).gives : [];
}

/**
 * What changes in the branch's files, the least that makes them say this state. None where nothing but an ETag is
 * new: that alone isn't worth a push.
 */
export function stateChanges({ files, state: before }: StateBranch, state: State): FileChanges {
  const changes = new Map<string, string | undefined>();
  for (const path of files.keys()) {
    if (isPkgbase(path) && !state.packages.has(path)) changes.set(path, undefined);
  }
  for (const [pkgbase, now] of state.packages) {
    if (now === before.packages.get(pkgbase)) continue;
    const text = files.get(pkgbase) ?? "";
    const wanted = packageStateText(text, now);
    // A package of which nothing is known has no file.
    if (wanted !== text) changes.set(pkgbase, wanted === "" ? undefined : wanted);
  }
  const versions = versionsText(state.versions);
  if (versions !== versionsText(before.versions)) changes.set(".version-state", versions);
  const releases = formatSeenRefs(state.releases);
  if (releases !== formatSeenRefs(before.releases)) changes.set(seenRefsFile, releases);
  if (state.requests !== before.requests) changes.set(requestsFile, formatRequests(state.requests));
  for (const [path, text] of needsFiles(state.needs, before.needs)) {
    if (text !== files.get(path)) changes.set(path, text);
  }
  // A state that no half-hourly run has written yet is still to be begun by one.
  if (state.run.known && (changes.size > 0 || !before.run.known)) {
    const { aurEtag, databases } = state.run;
    const text = `${JSON.stringify({ version: 1, aurEtag, databases }, null, 1)}\n`;
    if (text !== files.get(".sluice.json")) changes.set(".sluice.json", text);
  }
  return new Map(
    [...changes].map(([path, text]) => [
      path,
      text === undefined ? undefined : { mode: "100644", content: Buffer.from(text) },
    ]),
  );
}

function packageStateText(text: string, state: PackageState): string {
  const values: readonly (readonly [keyof typeof stateKeys, string | undefined])[] = [
    ["CI_GIT_COMMIT", state.commit],
    ["CI_PKGBUILD_TIMESTAMP", state.timestamp?.toString()],
    ["SLUICE_REVISION", state.revision],
    ["SLUICE_MAINTAINERS", state.maintainers?.join(",")],
    ["SLUICE_HELD", state.held],
    ["SLUICE_HELD_MAINTAINERS", state.heldMaintainers?.join(",")],
    ["SLUICE_FOUND", state.found && `${state.found.digest}@${state.found.at}`],
    ["SLUICE_REFUSED", state.refused],
    ["SLUICE_REBUILT_FOR", formatRebuiltFor(state.rebuiltFor)],
  ];
  return values.reduce((so, [key, value]) => editConfigFile(so, key, value), text);
}

function versionsText(versions: ReadonlyMap<string, string>): string {
  return [...versions]
    .map(([name, version]) => `${name}:${version}\n`)
    .sort()
    .join("");
}
