import { listReviews, type ListedReview } from "../../ci/operations/list-reviews.ts";
import { SluiceError } from "../../errors.ts";
import { forgeOf } from "../wiring/forge.ts";
import { operationPorts } from "../wiring/operation.ts";
import { age } from "../output/age.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

export async function review(options: Options): Promise<number> {
  const ports = operationPorts(options);
  const forge = await forgeOf(ports.platform);
  if (forge instanceof SluiceError) throw forge.code === "no-forge" ? noForge() : forge;
  return withUpstreams(process.env, async (upstreams) => {
    const reviews = await listReviews({ ...ports, forge, upstreams });
    if (options.json) process.stdout.write(`${JSON.stringify(reviews, null, 2)}\n`);
    else if (reviews.length > 0) process.stdout.write(`${describe(reviews, ports.now())}\n`);
    info(`${reviews.length} open ${reviews.length === 1 ? "review" : "reviews"}.`);
    return 0;
  });
}

function noForge(): SluiceError {
  return new SluiceError("no-forge", "there is no forge to ask for reviews", {
    hint:
      "Pipelines know theirs. Elsewhere say what they would: GITHUB_ACTIONS=true GITHUB_API_URL=https://api.github.com " +
      "GITHUB_REPOSITORY=OWNER/NAME, or GITLAB_CI=true CI_API_V4_URL=https://gitlab.com/api/v4 CI_PROJECT_PATH=GROUP/NAME; " +
      "and ACCESS_TOKEN.",
    exitCode: 1,
  });
}

function describe(reviews: readonly ListedReview[], now: Date): string {
  const rows = reviews.map(({ pkgbase, verdict = "unknown", openedAt, url, findings: [worst] }) => [
    pkgbase,
    verdict,
    age(now.getTime() - Date.parse(openedAt)),
    url,
    worst?.message ?? "",
  ]);
  return formatTable(["PKGBASE", "VERDICT", "AGE", "REVIEW", "WHY"], rows);
}
