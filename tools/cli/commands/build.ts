import { buildClassOf } from "../../workspace/build-class.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../errors.ts";
import { dependencyClosure } from "../../deptree/tree.ts";
import type { Installation } from "../../manager/installation.ts";
import { publishedAs } from "../../manager/reconcile/complete-packages.ts";
import type { Revision } from "../../manager/reconcile/revision.ts";
import { difference } from "../../manager/reconcile/reconcile.ts";
import { submitBuilds } from "../../manager/reconcile/submit.ts";
import { rebuildLost, watchPublished } from "../../manager/watch.ts";
import { work } from "../../manager/builds/work.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import type { MadeFromRecord } from "../../pkgrepo/snapshot.ts";
import { succeeded, type Outcome } from "../../queue/outcome.ts";
import { runnableBuilds } from "../../queue/runnable-builds.ts";
import type { PendingBuild, Queue } from "../../queue/queue.ts";
import type { Submitted } from "../../queue/submission.ts";
import { findPackage, meantPackages } from "../../workspace/package-names.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import { open, stopSignal, type InstallationOptions, type Opened } from "../wiring/installation.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";
import { showProgress, type Progress } from "../output/progress.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { sameRecipe } from "../../workspace/identity.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
  readonly again?: boolean;
}

/** Builds packages and whatever they need that isn't published, and publishes them to the repository here. */
export async function build(options: Options, names: readonly string[]): Promise<number> {
  const opened = await open(options);
  const { installations, archs, head } = opened;
  const [{ queue, now, folders, git }] = installations;
  if (options.again && names.length === 0) throw nothingNamed();
  const progress = showProgress(folders.logs);
  try {
    await mentionUncommitted(git, head.workspace.packagesDir, concerned(names, head));
    const named = names.length === 0 ? undefined : meantPackages(names, head.whole.packages, atHead);
    const submitted: SubmittedHere[] = [];
    for (const installation of installations) {
      if (archs?.includes(installation.arch) === false) {
        info(`not built here: what is for ${installation.arch}; this machine can't, or not without --cross`);
        continue;
      }
      const repaired = await watchPublished(installation, progress);
      const revision = await installation.revisions.at(head.commit);
      const wanted = wantedBuilds(named, revision, await publishedAs(installation, revision));
      await publish(installation.repository, [], now());
      const lost = await rebuildLost(installation, revision, repaired);
      const others = wanted.filter(({ pkgbase }) => lost.every((build) => build.pkgbase !== pkgbase));
      const again = new Set(
        options.again ? wanted.flatMap(({ pkgbase, reason }) => (reason === askedFor ? [pkgbase] : [])) : [],
      );
      const more = await submitBuilds(installation, revision, others, [], undefined, again);
      for (const build of [...lost, ...more]) submitted.push({ ...build, installation });
    }
    await workOn(submitted, opened, progress);
    progress.close();
    return summarise(options, await resultsOf(submitted, queue), installations.length > 1);
  } finally {
    progress.close();
    await queue.close();
  }
}

interface SubmittedHere extends Submitted {
  readonly installation: Installation;
}

/** Works until these builds are done, and what they wait for; what else is queued is left to others. */
async function workOn(submitted: readonly Submitted[], opened: Opened, progress: Progress): Promise<void> {
  const { installations, archs } = opened;
  const { queue } = installations[0];
  const open = new Set(submitted.map((build) => build.build));
  let taken: readonly number[] = [...open];
  let waiting = false;
  let due = 0;
  /** Others may build them, too. Reads the whole queue, so it takes a twentieth of the time at most. */
  async function look(): Promise<void> {
    const start = performance.now();
    const { builds } = await queue.state();
    const ours = builds.filter(({ id }) => open.has(id));
    taken = withNeeds(builds, ours).map(({ id }) => id);
    for (const id of open) if (!ours.some((build) => build.id === id)) open.delete(id);
    waiting = runnableBuilds(builds).some(
      ({ id, arch }) => taken.includes(id) && archs?.includes(arch) !== false,
    );
    const end = performance.now();
    due = end + Math.max(2000, 20 * (end - start));
  }
  await work(installations, {
    ...opened,
    watcher: {
      ...progress,
      finished(build, result, seconds) {
        progress.finished?.(build, result, seconds);
        if (result.outcome !== "lost") open.delete(build.id);
      },
    },
    signal: stopSignal(),
    only: () => taken,
    tick: async () => {
      if (performance.now() >= due) await look();
      return open.size > 0;
    },
    idle: async () => {
      await look();
      if (waiting) await sleep(500);
      return waiting;
    },
  });
}

/** The named packages, also those that aren't committed yet, and what they need; undefined: all. */
function concerned(names: readonly string[], { tree, workspace }: Revision): ReadonlySet<string> | undefined {
  if (names.length === 0 || names.includes("all")) return undefined;
  const named = names.map((name) => findPackage(name, workspace.packages) ?? name);
  const known = new Set(named.filter((name) => workspace.packages.has(name)));
  return new Set([...named, ...dependencyClosure(tree, known)]);
}

const atHead =
  "Names are those of the package folders at HEAD, or of what they make; what isn't committed isn't seen.";
/** Builds, and those pending ones that they wait for. */
function withNeeds(
  pending: readonly PendingBuild[],
  builds: readonly PendingBuild[],
): readonly PendingBuild[] {
  const found = new Set(builds);
  for (const { needs, target } of found) {
    for (const build of pending) {
      // What it needs may be made for any architecture, and so be built for another.
      if (needs.includes(build.pkgbase) && build.target === target) found.add(build);
    }
  }
  return [...found];
}

const askedFor = "asked for";

function nothingNamed(): SluiceError {
  return new SluiceError("usage", "--again needs the names of packages", {
    hint: "For example: sluice build --again foo",
  });
}

/** The named packages, and of what they need what isn't published as main has it. None named: the difference. */
function wantedBuilds(
  names: readonly string[] | undefined,
  head: Revision,
  published: ReadonlyMap<string, MadeFromRecord>,
): readonly WantedBuild[] {
  const { packages, config } = head.workspace;
  if (!names) return difference(head, published).builds;
  const named = new Set(names.filter((name) => packages.has(name)));
  const closure = dependencyClosure(head.tree, named);
  const inOrder = head.tree.order.filter((pkgbase) => closure.has(pkgbase));
  return inOrder.flatMap((pkgbase) => {
    const current = sameRecipe(published.get(pkgbase), head.identity(pkgbase));
    if (!head.isBuiltHere(pkgbase) || (!named.has(pkgbase) && current)) return [];
    const reason = named.has(pkgbase) ? askedFor : `needed by ${neededBy(head, pkgbase, closure)}`;
    const buildClass = buildClassOf(packages.get(pkgbase)!, config);
    return [{ pkgbase, class: buildClass, reason }];
  });
}

function neededBy({ tree }: Revision, pkgbase: string, among: ReadonlySet<string>): string {
  return [...among].filter((other) => tree.needs.get(other)?.includes(pkgbase)).join(", ");
}

interface BuildReport {
  readonly pkgbase: string;
  readonly arch: string;
  /** `waiting`: this run was stopped before its turn came. */
  readonly outcome: Outcome | "blocked" | "held" | "waiting";
  readonly message: string;
}

/** What became of them, whoever built them. */
async function resultsOf(submitted: readonly SubmittedHere[], queue: Queue): Promise<BuildReport[]> {
  const pending = new Map((await queue.state()).builds.map((build) => [build.id, build]));
  return Promise.all(
    submitted.map(async ({ pkgbase, build, installation: { repository } }) => {
      const { arch } = repository;
      const waiting = pending.get(build);
      if (waiting) return { pkgbase, arch, ...standing(waiting) };
      const history = await queue.history({ key: { target: repository.name, arch, pkgbase }, limit: 10 });
      const { outcome, message = "" } = history.find(({ id }) => id === build) ?? {
        outcome: "lost" as const,
      };
      return { pkgbase, arch, outcome, message };
    }),
  );
}

function standing({ status }: PendingBuild): Pick<BuildReport, "outcome" | "message"> {
  if (status.kind === "held") return { outcome: "held", message: status.why };
  if (status.kind !== "blocked") return { outcome: "waiting", message: "run it again to continue" };
  const causes = status.causes.map(({ pkgbase, outcome }) => `${pkgbase} (${outcome})`);
  return { outcome: "blocked", message: `by ${causes.join(", ")}` };
}

function summarise({ json = false }: Options, results: readonly BuildReport[], hasSeveral: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length === 0) info("All is built and published.");
  else {
    const rows = results.map(({ pkgbase, arch, outcome, message }) => [
      hasSeveral ? `${pkgbase} (${arch})` : pkgbase,
      outcome,
      message,
    ]);
    process.stdout.write(formatTable(["PKGBASE", "OUTCOME", ""], rows));
  }
  const good = results.every(
    ({ outcome }) =>
      outcome !== "blocked" && outcome !== "held" && outcome !== "waiting" && succeeded(outcome),
  );
  return good ? 0 : 1;
}
