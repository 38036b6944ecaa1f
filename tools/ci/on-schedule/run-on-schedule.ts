import { applyOnSchedule, type OnScheduleOutcome } from "./apply-on-schedule.ts";
import { takeTemplate, type TemplateOutcome } from "../template/take-template.ts";
import { planOnSchedule, type OnSchedulePlan } from "./on-schedule.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { planWithRetry } from "../pipeline/plan-with-retry.ts";

/**
 * Plans and applies, again where a race is lost.
 *
 * @throws SluiceError `lost-race` (exit 1), and what planning and applying throw
 */
export async function runOnSchedule(
  ports: SchedulePorts,
): Promise<{ plan: OnSchedulePlan; outcome: OnScheduleOutcome; template: TemplateOutcome }> {
  const { plan, outcome } = await planWithRetry(
    ports.git,
    ports.progress,
    () => planOnSchedule(ports),
    (planned) => applyOnSchedule(ports, planned),
  );
  return { plan, outcome, template: await takeTemplate(ports, plan.workspace.config, false) };
}
