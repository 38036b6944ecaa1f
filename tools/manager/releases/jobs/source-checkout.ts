import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { Git } from "../../../git/git.ts";
import { ownSource } from "../../../release/definition/own-source.ts";
import type { PlannedRelease } from "../../../release/plan/release-plan.ts";
import { remote } from "../../../workspace/refs.ts";

/** A project's source at the commit of a release. */
export interface Source {
  /** The files of the commit, without `.git`; submodules aren't among them. */
  readonly folder: string;
  /** Of the commit, in seconds since 1970. */
  readonly time: string;
}

/**
 * The source, fetched once for each commit: by its id, or, from servers that refuse that, by its ref. Where the
 * workspace itself is the source, its clone mostly has the commit.
 *
 * @param state the state folder
 * @throws SluiceError `source-missing` (exit 1), `git`
 */
export async function checkOutSource(
  git: Git,
  state: string,
  { project, source, ref }: Pick<PlannedRelease, "project" | "source" | "ref">,
): Promise<Source> {
  const home = join(state, "releases", "sources", project);
  const folder = join(home, ref.commit);
  await mkdir(home, { recursive: true });
  const isOwn = source === ownSource;
  const mirror = isOwn ? git : await openMirror(git.at(join(home, "git")));
  if (!(await isThere(mirror, ref.commit))) await fetchCommit(mirror, isOwn ? remote : source, ref);
  const time = await mirror.text(["show", "-s", "--format=%ct", ref.commit]);
  if (existsSync(folder)) {
    // What is used stays.
    await utimes(folder, new Date(), new Date());
    return { folder, time };
  }
  const fresh = await mkdtemp(join(home, "new-"));
  try {
    const index = mirror.withIndex(join(fresh, "index"));
    const files = join(fresh, "files");
    await mkdir(files);
    await index.text(["read-tree", ref.commit]);
    await index.text([`--work-tree=${files}`, "checkout-index", "--all", "--quiet"]);
    // Another job may have been faster; what it has is the same.
    if (!existsSync(folder)) await rename(files, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return { folder, time };
}

async function openMirror(mirror: Git): Promise<Git> {
  await mkdir(mirror.dir, { recursive: true });
  if (!existsSync(join(mirror.dir, "HEAD"))) await mirror.text(["init", "--quiet", "--bare"]);
  return mirror;
}

async function fetchCommit(mirror: Git, source: string, ref: PlannedRelease["ref"]): Promise<void> {
  const fetch = ["fetch", "--quiet", "--no-tags"];
  // The workspace's own repository isn't made a shallow one.
  const depth = source === remote ? [] : ["--depth=1"];
  const one = await mirror.attempt([...fetch, ...depth, source, ref.commit], { timeout });
  if (one.ok && (await isThere(mirror, ref.commit))) return;
  const [name, elsewhere] = namesOf(ref);
  let all = await mirror.attempt([...fetch, source, name], { timeout });
  if (!all.ok && elsewhere !== undefined)
    all = await mirror.attempt([...fetch, source, elsewhere], { timeout });
  if (all.ok && (await isThere(mirror, ref.commit))) return;
  const said = all.ok ? `${name} doesn't lead to it any more` : all.stderr;
  throw new SluiceError("source-missing", `${source} doesn't give commit ${ref.commit}: ${said}`, {
    hint: "The lock file names this commit; where its ref has moved, release another one.",
    facts: { ref: ref.name },
    exitCode: 1,
  });
}

/** Where forges keep what is proposed differs. */
function namesOf({ kind, name }: PlannedRelease["ref"]): readonly [string, string?] {
  if (kind === "review") return [`refs/pull/${name}/head`, `refs/merge-requests/${name}/head`];
  return [`refs/${kind === "tag" ? "tags" : "heads"}/${name}`];
}

const timeout = 1_800_000;

async function isThere(mirror: Git, commit: string): Promise<boolean> {
  return (await mirror.attempt(["cat-file", "-e", `${commit}^{tree}`])).ok;
}
