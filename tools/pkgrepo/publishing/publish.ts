import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { flush } from "../../system/flush.ts";
import { inParallel } from "../../system/in-parallel.ts";
import {
  planPublish,
  type Candidate,
  type Main,
  type PlannedOutcome,
  type VerifiedPackage,
} from "./plan-publish.ts";
import { replaceSnapshot } from "./replace-snapshot.ts";
import { isOfMachine } from "../read-needs.ts";
import type { Repository } from "../repository.ts";
import type { Snapshot } from "../snapshot.ts";
import { stagePackages, type FinishedBuild } from "./stage-packages.ts";
import { durably } from "../../steps.ts";
import { inTransaction, type Transaction } from "./transaction.ts";

/**
 * What a build or a removal came to. `dropped` are pkgnames that an earlier build of the pkgbase made, and this didn't.
 */
export type PublishOutcome = PlannedOutcome;

/** Why a build that is verified isn't to be published, if so. */
export type Judge = (
  candidate: Candidate,
  published: Snapshot | undefined,
) => Promise<SluiceError | undefined>;

type Refused = Extract<PublishOutcome, { kind: "refused" }>;

/**
 * Publishes finished builds: all of them, or all but those that are refused, in one change of the database.
 * Publishing again what is published changes nothing. With no builds it makes an empty repository, where
 * there is none yet.
 *
 * @param judge has the last word on each build
 * @param main what goes in the same change, and which names move from one pkgbase to another
 * @returns one outcome per build and per removal, in no particular order
 * @throws SluiceError where nothing could be published at all: `locked`, `signing-key`, `program-…`,
 *   `foreign-database`, `database-…`. What was published before stays as it is.
 */
export function publish(
  repository: Repository,
  builds: readonly FinishedBuild[],
  now: Date,
  main?: Main,
  judge?: Judge,
): Promise<PublishOutcome[]> {
  return inTransaction(repository, now, async (transaction) => {
    const { candidates: staged, refused } = await stageBuilds(transaction, builds);
    const candidates: Candidate[] = [];
    for (const candidate of staged) {
      const error = await judge?.(candidate, transaction.published);
      if (error) refused.push({ kind: "refused", pkgbase: candidate.pkgbase, error });
      else candidates.push(candidate);
    }
    const published = transaction.published ?? { entries: [], madeFrom: new Map(), retired: new Map() };
    const onDisk = new Set(await readdir(transaction.paths.folder));
    const plan = planPublish(published, candidates, onDisk, transaction.now, main);
    await placePackages(transaction, plan.add);
    await replaceSnapshot(transaction, plan);
    return [...refused, ...plan.outcomes];
  });
}

/** One build that can't be published doesn't stop the others. */
async function stageBuilds(
  { repository, staging }: Transaction,
  builds: readonly FinishedBuild[],
): Promise<{ candidates: Candidate[]; refused: Refused[] }> {
  const candidates: Candidate[] = [];
  const refused: Refused[] = [];
  await inParallel(builds, 4, async (build, index) => {
    const { pkgbase } = build;
    // A folder each: two builds may have made files of one name.
    const folder = join(staging, String(index));
    await mkdir(folder);
    try {
      if (builds.findIndex((other) => other.pkgbase === pkgbase) < index) throw twice(pkgbase);
      candidates.push(await stagePackages(build, repository.arch, folder));
    } catch (error) {
      if (!(error instanceof SluiceError) || isOfMachine(error)) throw error;
      refused.push({ kind: "refused", pkgbase, error });
    }
  });
  return { candidates, refused };
}

function twice(pkgbase: string): SluiceError {
  return new SluiceError("build-twice", `${pkgbase} is in this batch twice; the first build counts.`, {
    facts: { pkgbase },
    hint: "Publish the later build by itself.",
    exitCode: 1,
  });
}

/** Puts packages where clients look for them, each with its signature, before any database names them. */
export async function placePackages(
  { repository, paths, signer }: Transaction,
  packages: readonly VerifiedPackage[],
): Promise<void> {
  await signer.sign(packages.map(({ path }) => path));
  for (const { path, filename } of packages) {
    const target = join(paths.folder, filename);
    await flush(path);
    await flush(`${path}.sig`);
    await durably(repository.checkpoint, "package placed", () => rename(path, target));
    await durably(repository.checkpoint, "signature placed", () => rename(`${path}.sig`, `${target}.sig`));
  }
  if (packages.length > 0) await flush(paths.folder);
}
