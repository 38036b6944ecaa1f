// One half-hourly run over stand-ins, wired as the command wires it, and prints what it came to. Arguments: the
// clone, and a file with the stand-ins by origin and the forge's addresses.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readPlatform } from "../tools/ci/pipeline/platform.ts";
import type { PackageRecord } from "../tools/binaries/record.ts";
import { runOnSchedule } from "../tools/ci/on-schedule/run-on-schedule.ts";
import { reportLines } from "../tools/ci/on-schedule/schedule-report.ts";
import { withUpstreams } from "../tools/cli/wiring/upstreams.ts";
import { openForge } from "../tools/forge/open-forge.ts";
import { openGit } from "../tools/git/git.ts";
import type { PublishedNeeds } from "../tools/upstream/distribution/published-needs.ts";
import type { ServedAddresses } from "./serve-upstreams.ts";

export interface RunFigures {
  readonly upstreams: number;
  readonly commits: number;
  readonly builds: number;
  readonly changed: number;
  readonly lines: readonly string[];
}

const [clone, worldFile] = process.argv.slice(2) as [string, string];
const { standIns, apiUrl, project, token, needs } = JSON.parse(
  readFileSync(worldFile, "utf8"),
) as ServedAddresses & {
  readonly standIns: Readonly<Record<string, string>>;
  /** Undefined: nobody knows what is published. */
  readonly needs?: string;
};
const forge = await openForge("github", { apiUrl, project, token, targetBranch: "main" });
const figures = await withUpstreams(
  process.env,
  async (upstreams): Promise<RunFigures> => {
    const { plan, outcome, template } = await runOnSchedule({
      git: openGit(clone, process.env),
      platform: readPlatform({}),
      upstreams,
      ...(needs !== undefined && { published: async () => publishedIn(needs) }),
      forge,
      now: () => new Date(),
      progress: () => undefined,
    });
    return {
      upstreams: plan.updates.length,
      commits: plan.commits.length,
      builds: outcome.schedule.builds.length,
      changed: plan.changed.length,
      lines: reportLines(plan, outcome, template).map(
        ({ what, pkgbase, why }) => `${what} ${pkgbase}: ${why}`,
      ),
    };
  },
  { standIns },
);
process.stdout.write(JSON.stringify(figures));

/** As the command reads them where it publishes. */
function publishedIn(path: string): PublishedNeeds {
  const bytes = readFileSync(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return {
    digest,
    records: async () => {
      const { packages } = JSON.parse(bytes.toString()) as { packages: Record<string, PackageRecord> };
      return Object.values(packages);
    },
  };
}
