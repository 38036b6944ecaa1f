import { SluiceError } from "../../errors.ts";
import { dependencyClosure } from "../../deptree/tree.ts";
import type { Revision } from "../../manager/revision.ts";
import { difference, sameRecipe } from "../../manager/reconcile.ts";
import { submitBuilds } from "../../manager/submit.ts";
import { work } from "../../manager/work.ts";
import { publish } from "../../pkgrepo/publish.ts";
import { madeFrom, type MadeFromRecord } from "../../pkgrepo/snapshot.ts";
import { succeeded } from "../../queue/outcome.ts";
import type { PendingBuild } from "../../queue/queue.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import { open, stopSignal, type InstallationOptions } from "../installation.ts";
import { showProgress, type BuildReport } from "../progress.ts";
import { info } from "../report.ts";
import { formatTable } from "../table.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Builds packages and whatever they need that isn't published, and publishes them to the repository here. */
export async function build(options: Options, names: readonly string[]): Promise<number> {
  const opened = await open(options);
  const { installation, head } = opened;
  const { queue, repository, now, folders } = installation;
  const progress = showProgress(folders.logs);
  try {
    await publish(repository, [], now());
    const wanted = wantedBuilds(names, head, await madeFrom(repository));
    await submitBuilds(installation, head, wanted);
    const concerned = new Set(wanted.map(({ pkgbase }) => pkgbase));
    const pendingOf = async (): Promise<PendingBuild[]> =>
      (await queue.state()).builds.filter(({ pkgbase }) => concerned.has(pkgbase));
    await work(installation, {
      ...opened,
      watcher: progress,
      signal: stopSignal(),
      idle: async () => {
        const waiting = (await pendingOf()).some(({ status }) => status.kind !== "blocked");
        if (waiting) await new Promise((resolve) => setTimeout(resolve, 500));
        return waiting;
      },
    });
    progress.close();
    return summarise(options, wanted, progress.finishedBuilds, await pendingOf());
  } finally {
    progress.close();
    await queue.close();
  }
}

/** The named packages, and of what they need what isn't published as main has it. None named: the difference. */
function wantedBuilds(
  names: readonly string[],
  head: Revision,
  published: ReadonlyMap<string, MadeFromRecord>,
): readonly WantedBuild[] {
  const { packages, config } = head.workspace;
  if (names.length === 0) return difference(head, published, new Map()).builds;
  const unknown = names.filter((name) => name !== "all" && !packages.has(name));
  if (unknown.length > 0) {
    throw new SluiceError(
      "unknown-package",
      `no such packages: ${unknown.map((name) => JSON.stringify(name)).join(", ")}`,
      {
        hint: "Names are those of the package folders at HEAD; what isn't committed isn't seen.",
        facts: { names: unknown },
      },
    );
  }
  const named = new Set(names.includes("all") ? packages.keys() : names);
  const closure = dependencyClosure(head.tree, named);
  const inOrder = head.tree.order.filter((pkgbase) => closure.has(pkgbase));
  return inOrder.flatMap((pkgbase) => {
    const current = sameRecipe(published.get(pkgbase), head.identity(pkgbase));
    if (!named.has(pkgbase) && current) return [];
    const reason = named.has(pkgbase) ? "asked for" : `needed by ${neededBy(head, pkgbase, closure)}`;
    const buildClass = packages.get(pkgbase)!.config.BUILDER_CLASS || config.CI_DEFAULT_CLASS || null;
    return [{ pkgbase, class: buildClass, reason }];
  });
}

function neededBy({ tree }: Revision, pkgbase: string, among: ReadonlySet<string>): string {
  return [...among].filter((other) => tree.needs.get(other)?.includes(pkgbase)).join(", ");
}

function summarise(
  { json = false }: Options,
  wanted: readonly WantedBuild[],
  finished: readonly BuildReport[],
  pending: readonly PendingBuild[],
): number {
  const last = new Map(finished.map((report) => [report.pkgbase, report]));
  const waiting = new Map(pending.map((entry) => [entry.pkgbase, entry]));
  const results = wanted.map(({ pkgbase }) => {
    const { status } = waiting.get(pkgbase) ?? {};
    if (status?.kind === "blocked") {
      const causes = status.causes.map((cause) => `${cause.pkgbase} ${cause.outcome}`).join(", ");
      return { pkgbase, outcome: "blocked", message: causes };
    }
    const { outcome, message } = last.get(pkgbase) ?? { outcome: "waiting", message: "" };
    return { pkgbase, outcome, message };
  });
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length === 0) info("All is built and published.");
  else
    process.stdout.write(
      formatTable(
        ["PKGBASE", "OUTCOME", ""],
        results.map((row) => Object.values(row)),
      ),
    );
  const good = results.every(
    ({ pkgbase }) => succeeded(last.get(pkgbase)?.outcome ?? "failed") && !waiting.has(pkgbase),
  );
  return good ? 0 : 1;
}
