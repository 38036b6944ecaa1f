import { describeNeed } from "../../binaries/kinds.ts";
import { sayLack, type Lack } from "../../binaries/lacks.ts";
import { readCurrentState } from "../../ci/operations/operation.ts";
import { findNeeds } from "../../ci/needs/find-needs.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { foldersOf } from "../../manager/folders.ts";
import { info, warn } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { operationPorts } from "../wiring/operation.ts";
import { publishedRecords } from "../wiring/published-records.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

interface Options {
  readonly root?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** What nothing gives any more, and whom that breaks. */
interface Cause {
  readonly need: string;
  readonly why: string;
  readonly packages: {
    readonly pkgbase: string;
    readonly file: string | null;
    readonly since: string;
    readonly outcome: string;
  }[];
}

/** What of the published repository is broken now, by cause, against today's distribution; 1 where something is. */
export async function auditBroken(options: Options): Promise<number> {
  return withUpstreams(process.env, async (upstreams) => {
    const ports = operationPorts(options);
    const { side, stateBranch } = await readCurrentState(ports);
    const { config, packages } = side.workspace;
    ports.progress("asking what the distribution gives");
    const opened = upstreams(config, {});
    const published = publishedRecords(foldersOf(stateFolder(options)).repositories);
    let count = 0;
    const found = await findNeeds({
      // Packages are fetched for the symbol versions in them by the half-hourly run alone, which remembers them.
      upstreams: { gives: opened.gives, symbols: async () => new Map() },
      packages,
      config,
      state: stateBranch.state.needs,
      published: async (arch) => {
        const needs = await published(config, opened, arch);
        const records = await needs?.records();
        count += records?.length ?? 0;
        return needs && { ...needs, records: async () => records };
      },
      rebuilt: new Set(),
      now: ports.now,
    });
    for (const { error } of found.sightings) if (error) warn(error.message);
    if (count === 0)
      warn("what published packages need isn't known: `sluice up` reads it where it publishes");
    const rebuilt = found.bumps.map(({ pkgbase, lacks, since }) => ({
      pkgbase,
      lacks,
      since,
      outcome: "the next half-hourly run rebuilds it",
    }));
    const causes = byCause([...rebuilt, ...found.broken]);
    if (options.json) process.stdout.write(`${JSON.stringify(causes, null, 2)}\n`);
    else if (causes.length > 0) {
      const rows = causes.flatMap(({ why, packages: broken }) =>
        broken.map(({ pkgbase, since, outcome }, index) => [
          index === 0 ? why : "",
          pkgbase,
          since.slice(0, 10),
          outcome,
        ]),
      );
      process.stdout.write(`${formatTable(["CAUSE", "PACKAGE", "SINCE", "WHAT BECOMES OF IT"], rows)}\n`);
    }
    const lacking = new Set(causes.flatMap((cause) => cause.packages.map(({ pkgbase }) => pkgbase))).size;
    const all = `${count} published packages`;
    if (lacking > 0) info(`${all}: ${lacking} broken.`);
    else
      info(
        found.isKnown
          ? `${all}: everything that they need is there.`
          : `nothing was compared: ${whyUnknown(config)}.`,
      );
    return lacking === 0 && found.isKnown ? 0 : 1;
  });
}

function whyUnknown({ CI_LIB_DB }: Pick<RepositoryConfig, "CI_LIB_DB">): string {
  if (CI_LIB_DB.length === 0) {
    return "what the distribution has isn't known. Name its databases in .ci/config, as CI_LIB_DB (sluice help, man sluice)";
  }
  return "run it where the repository is published, and again when the databases of CI_LIB_DB can be fetched";
}

interface Broken {
  readonly pkgbase: string;
  readonly lacks: readonly Lack[];
  readonly since: string;
  readonly outcome: string;
}

/** Those that break the most packages first. */
function byCause(broken: readonly Broken[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const { pkgbase, lacks, since, outcome } of broken) {
    for (const lack of lacks) {
      const cause = causes.get(lack.need) ?? {
        need: describeNeed(lack.need),
        why: sayLack(lack),
        packages: [],
      };
      causes.set(lack.need, cause);
      cause.packages.push({ pkgbase, file: lack.file ?? null, since, outcome });
    }
  }
  return [...causes.values()].toSorted(
    (a, b) => b.packages.length - a.packages.length || (a.why < b.why ? -1 : 1),
  );
}
