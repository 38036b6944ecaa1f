import { applyOnTrigger } from "../../ci/on-schedule/on-trigger.ts";
import { planScheduleByHand } from "../../ci/operations/schedule-by-hand.ts";
import {
  betweenNames,
  countsOf,
  operationPorts,
  requested,
  type OperationOptions,
} from "../wiring/operation.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";

export async function schedule(options: OperationOptions, operands: readonly string[] = []): Promise<number> {
  const requests = requested(operands, "PACKAGES", betweenNames, "schedule foo bar/heavy");
  const ports = operationPorts(options);
  const plan = await planScheduleByHand(ports, requests);
  if (!options.dryRun) await applyOnTrigger(ports.git, plan);
  if (options.json) process.stdout.write(`${JSON.stringify({ schedule: plan.schedule }, null, 2)}\n`);
  else {
    const rows = plan.schedule.builds.map(({ pkgbase, class: name }) => [pkgbase, name ?? "any"]);
    process.stdout.write(`${formatTable(["PKGBASE", "CLASS"], rows)}\n`);
  }
  const did = options.dryRun ? "nothing was changed (--dry-run)" : "wrote .ci/schedule.json";
  info(`${countsOf(plan.schedule)}; ${did}.`);
  return 0;
}
