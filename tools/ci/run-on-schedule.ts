import { applyOnSchedule, type OnScheduleOutcome } from "./apply-on-schedule.ts";
import { planOnSchedule, type OnSchedulePlan, type SchedulePorts } from "./on-schedule.ts";
import { planAgain } from "./plan-again.ts";

/**
 * Plans and applies, again where a race is lost.
 *
 * @throws SluiceError `lost-race` (exit 1), and what planning and applying throw
 */
export function runOnSchedule(
  ports: SchedulePorts,
): Promise<{ plan: OnSchedulePlan; outcome: OnScheduleOutcome }> {
  return planAgain(
    ports.progress,
    () => planOnSchedule(ports),
    (plan) => applyOnSchedule(ports, plan),
  );
}
