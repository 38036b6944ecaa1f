import { planScheduleByHand } from "../../ci/operations/schedule-by-hand.ts";
import { runRequest } from "../../ci/pipeline/push-request.ts";
import {
  betweenNames,
  countsOf,
  describeAsked,
  operationPorts,
  requested,
  type OperationOptions,
} from "../wiring/operation.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";

export async function schedule(options: OperationOptions, operands: readonly string[] = []): Promise<number> {
  const requests = requested(operands, "PACKAGES", betweenNames, "schedule foo bar/heavy");
  const ports = operationPorts(options);
  const decide = () => planScheduleByHand(ports, requests);
  const plan = options.dryRun ? await decide() : await runRequest(ports, decide);
  if (options.json) process.stdout.write(`${JSON.stringify({ schedule: plan.schedule }, null, 2)}\n`);
  else {
    const rows = plan.schedule.builds.map(({ pkgbase, class: name }) => [pkgbase, name ?? "any"]);
    process.stdout.write(`${formatTable(["PKGBASE", "CLASS"], rows)}\n`);
  }
  const did = options.dryRun ? "nothing was changed (--dry-run)" : describeAsked(plan);
  info(`${countsOf(plan.schedule)}; ${did}.`);
  return 0;
}
