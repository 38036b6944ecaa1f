import { planScheduleByHand, type ScheduleByHand } from "../../ci/operations/schedule-by-hand.ts";
import { runRequest } from "../../ci/pipeline/push-request.ts";
import {
  betweenNames,
  countsOf,
  describeAsked,
  operationPorts,
  requested,
  type OperationOptions,
} from "../wiring/operation.ts";
import { publishedHere } from "../wiring/published-here.ts";
import { info, warn } from "../output/report.ts";
import { allBuilds } from "../../schedule/schedule.ts";
import { formatTable } from "../output/table.ts";

export async function schedule(options: OperationOptions, operands: readonly string[] = []): Promise<number> {
  const requests = requested(operands, "PACKAGES", betweenNames, "schedule foo bar/heavy");
  const ports = operationPorts(options);
  const decide = (): Promise<ScheduleByHand> =>
    planScheduleByHand(ports, requests, (config) => publishedHere(ports.git.dir, config));
  const plan = options.dryRun ? await decide() : await runRequest(ports, decide);
  tell(plan.notes);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ schedule: plan.schedule, notes: plan.notes }, null, 2)}\n`);
  else {
    const rows = allBuilds(plan.schedule).map(({ pkgbase, class: name }) => [pkgbase, name ?? "any"]);
    process.stdout.write(`${formatTable(["PKGBASE", "CLASS"], rows)}\n`);
  }
  const did = options.dryRun ? "nothing was changed (--dry-run)" : describeAsked(plan);
  info(`${countsOf(plan.schedule)}; ${did}.`);
  return 0;
}

function tell(notes: ScheduleByHand["notes"]): void {
  for (const { pkgbase, message } of notes.slice(0, 5)) warn(`${pkgbase}: ${message}`);
  if (notes.length > 5) warn(`the same holds for ${notes.length - 5} more; --json lists them`);
}
