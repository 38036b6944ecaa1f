import { isPkgbase } from "../../alpm/names.ts";
import type { FileChanges } from "../../git/change-files.ts";
import type { Git } from "../../git/git.ts";
import { parseRecord, projectOfRecord, type ReleaseRecord } from "../../release/record/record.ts";
import type { SeenRefs } from "../../release/plan/next-locks.ts";
import { listTree, readBlobs } from "../../git/objects.ts";
import { checksFile, formatChecks, parseChecks, type WantedCheck } from "./checks.ts";
import {
  evidenceFile,
  formatEvidence,
  parseEvidence,
  pkgbaseOfEvidence,
  type KeptEvidence,
} from "./evidence.ts";
import { parseObject } from "./json-object.ts";
import { needsFiles, parseNeeds, type NeedsState } from "./needs-state.ts";
import { packageStateText, parsePackageState, type PackageState } from "./package-state.ts";
import { formatRequests, noRequests, parseRequests, requestsFile, type RequestList } from "./requests.ts";
import { formatSeenRefs, parseSeenRefs, seenRefsFile } from "./seen-refs.ts";

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
  /** `.checks.json`: by project, the branches and reviews that channels only check. */
  readonly checks: ReadonlyMap<string, readonly WantedCheck[]>;
  /** `releases/PROJECT/CHANNEL/REF.json`: by project, what has happened of its releases. */
  readonly records: ReadonlyMap<string, readonly ReleaseRecord[]>;
  /** `.requests.json`: builds that builders are asked for. */
  readonly requests: RequestList;
  /** `.evidence/PKGBASE.json`: by pkgbase, what was found out about updates that are held. */
  readonly evidence: ReadonlyMap<string, KeptEvidence>;
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
  checks: new Map(),
  records: new Map(),
  requests: noRequests,
  evidence: new Map(),
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
    checks: parseChecks(files.get(checksFile)),
    records: parseRecords(files),
    requests: parseRequests(files.get(requestsFile)),
    evidence: parseAllEvidence(files),
  };
}

function parseAllEvidence(files: ReadonlyMap<string, string>): State["evidence"] {
  const found = [...files].flatMap(([path, text]) => {
    const pkgbase = pkgbaseOfEvidence(path);
    const evidence = pkgbase === undefined ? undefined : parseEvidence(text);
    return evidence ? [[pkgbase!, evidence] as const] : [];
  });
  return new Map(found);
}

function parseRecords(files: ReadonlyMap<string, string>): State["records"] {
  const records = new Map<string, ReleaseRecord[]>();
  for (const [path, text] of files) {
    const project = projectOfRecord(path);
    const record = project === undefined ? undefined : parseRecord(text);
    if (record) records.set(project!, [...(records.get(project!) ?? []), record]);
  }
  return records;
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
  const checks = formatChecks(state.checks);
  if (checks !== formatChecks(before.checks)) changes.set(checksFile, checks);
  if (state.requests !== before.requests) changes.set(requestsFile, formatRequests(state.requests));
  for (const [path, text] of needsFiles(state.needs, before.needs)) {
    if (text !== files.get(path)) changes.set(path, text);
  }
  for (const [path, text] of evidenceChanges(files, state)) changes.set(path, text);
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

/** Evidence goes with the update that it is about. */
function evidenceChanges(
  files: ReadonlyMap<string, string>,
  { packages, evidence }: State,
): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>();
  const wanted = new Map(
    [...evidence]
      .filter(([pkgbase, { digest }]) => packages.get(pkgbase)?.held === digest)
      .map(([pkgbase, kept]) => [evidenceFile(pkgbase), formatEvidence(kept)]),
  );
  for (const path of files.keys()) {
    if (pkgbaseOfEvidence(path) !== undefined && !wanted.has(path)) changes.set(path, undefined);
  }
  for (const [path, text] of wanted) if (text !== files.get(path)) changes.set(path, text);
  return changes;
}

function versionsText(versions: ReadonlyMap<string, string>): string {
  return [...versions]
    .map(([name, version]) => `${name}:${version}\n`)
    .sort()
    .join("");
}
