import { planBump } from "../../ci/operations/bump.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import {
  betweenNames,
  operationPorts,
  reportOperation,
  requested,
  type OperationOptions,
} from "../wiring/operation.ts";
import { versionsHere } from "../wiring/published-here.ts";
import { warn } from "../output/report.ts";
import { withUpstreams } from "../wiring/upstreams.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";

/** 1 where a package that was named can't be bumped; of all packages some never can. */
export async function bump(options: OperationOptions, operands: readonly string[] = []): Promise<number> {
  const names = requested(operands, "PACKAGES", betweenNames, "bump foo bar");
  return withUpstreams(process.env, async (upstreams) => {
    const operation = operationPorts(options);
    const here = (config: RepositoryConfig) => versionsHere(operation.git.dir, config);
    const ports = { ...operation, upstreams, versionsHere: here };
    const plan = () => planBump(ports, names);
    const result = options.dryRun ? { plan: await plan(), done: false } : await runOperation(ports, plan);
    const { bumps, skipped, databases } = result.plan;
    for (const database of databases) if ("error" in database) warn(database.error.message);
    const rows = [
      ...bumps.map(({ pkgbase, bump: to }) => ["bump", pkgbase, `CI_PACKAGE_BUMP=${to}`] as const),
      ...skipped.map(({ pkgbase, reason }) => ["skip", pkgbase, reason] as const),
    ];
    const details = { bumps, skipped };
    const code = reportOperation(result.plan, result.done, rows, { ...options, details });
    return skipped.length > 0 && !names.includes("all") ? 1 : code;
  });
}
