import { builtAhead, lacksOf, sayNeed, type Lack } from "../../binaries/lacks.ts";
import { namedNeeds, sayNamedNeeds } from "../../binaries/named-needs.ts";
import { machinesOf } from "../../binaries/need.ts";
import type { Provided } from "../../binaries/provided.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import type { BuildLog } from "../../builder/log.ts";
import { SluiceError } from "../../errors.ts";
import type { Candidate } from "../../pkgrepo/publishing/plan-publish.ts";
import type { Judge } from "../../pkgrepo/publishing/publish.ts";
import type { Snapshot } from "../../pkgrepo/snapshot.ts";
import { databasesFor } from "../../upstream/distribution/databases-for.ts";
import { ownGives, parseGives, providedBy } from "../../upstream/distribution/gives.ts";
import { readGivesState } from "../../workspace/state/needs-state.ts";
import type { Installation } from "../installation.ts";
import { stateCommit } from "../main-branch.ts";

interface NeedsCheck {
  readonly judge: Judge;
  /** What is said of what is published all the same. */
  readonly warnings: string[];
}

/**
 * Compares what a build's files need with what there is, before it is published: with CI_BROKEN=hold it isn't where
 * something is missing that the package before had. What the distribution gives is known from the half-hourly run's
 * last look; before the first one nothing is judged.
 */
export async function needsCheck(
  { git, revisions, repository: { arch } }: Pick<Installation, "git" | "revisions" | "repository">,
  commit: string,
  log: Pick<BuildLog, "note"> | undefined,
): Promise<NeedsCheck> {
  const warnings: string[] = [];
  const state = await stateCommit(git);
  const known = state === undefined ? [] : parseGives(await readGivesState(git, state));
  const { CI_ARCHES, CI_BROKEN } = (await revisions.at(commit)).workspace.config;
  const databases = known.map(({ url }) => url).filter((url) => url.includes("://"));
  const own = new Set(databasesFor(arch, CI_ARCHES, databases));
  const distribution = known.filter(({ url }) => own.has(url));
  return { judge, warnings };

  async function judge(
    candidate: Candidate,
    published: Snapshot | undefined,
  ): Promise<SluiceError | undefined> {
    if (distribution.length === 0) return undefined;
    const { pkgbase, packages } = candidate;
    warnings.length = 0;
    const fresh = packages.flatMap(({ needs }) => needs ?? []);
    const records = [...((await published?.needs()) ?? new Map<string, PackageRecord>()).values()];
    const others = records.filter((record) => record.pkgbase !== pkgbase);
    const provided = providedBy([...distribution, ownGives([...others, ...fresh])]);
    for (const record of fresh) {
      const lint = sayNamedNeeds(record.pkgname, namedNeeds(record, provided, machinesOf(arch)));
      for (const line of lint) log?.note(line);
    }
    const before = records.filter((record) => record.pkgbase === pkgbase);
    const lacks = newLacks(fresh, before, provided, arch);
    if (lacks.length === 0) return undefined;
    const said = lacks
      .slice(0, 5)
      .map((lack) => `${lack.file ?? "depends"} needs ${sayNeed(lack.need)}, which nothing gives`);
    if (CI_BROKEN === "hold") return held(pkgbase, said);
    warnings.push(...said.map((line) => `warning: ${line}`));
    return undefined;
  }
}

/** What the packages before lacked as well is known. */
function newLacks(
  fresh: readonly PackageRecord[],
  before: readonly PackageRecord[],
  provided: Provided,
  arch: string,
): Lack[] {
  const sides = { provided, before: provided, known: {} };
  const old = new Set(before.flatMap((record) => lacksOf(record, arch, sides)).map(({ need }) => need));
  return fresh.flatMap((record) =>
    lacksOf(record, arch, sides).filter(
      (lack) => !old.has(lack.need) && builtAhead(record, lack) === undefined,
    ),
  );
}

function held(pkgbase: string, said: readonly string[]): SluiceError {
  return new SluiceError("needs-missing", `${pkgbase} is held (CI_BROKEN=hold): ${said.join("; ")}.`, {
    hint: "Nothing of this build was published. Build it once what it needs is there, or correct its recipe.",
    facts: { pkgbase },
    exitCode: 1,
  });
}
