import { SluiceError } from "../errors.ts";
import { applyOnSchedule, type OnScheduleOutcome } from "./apply-on-schedule.ts";
import { takeTemplate, type TemplateOutcome } from "./take-template.ts";
import { planOnSchedule, type OnSchedulePlan, type SchedulePorts } from "./on-schedule.ts";

const attempts = 3;

/**
 * Plans and applies; where somebody else was faster, plans again from what is there then.
 *
 * @throws SluiceError `lost-race` (exit 1) where that happened three times, and what planning and applying throw
 */
export async function runOnSchedule(
  ports: SchedulePorts,
): Promise<{ plan: OnSchedulePlan; outcome: OnScheduleOutcome; template: TemplateOutcome }> {
  let said = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) ports.progress("somebody else has pushed meanwhile; planning again");
    const plan = await planOnSchedule(ports);
    const result = await applyOnSchedule(ports, plan);
    if (result.kind === "done") {
      const template = await takeTemplate(ports, plan.workspace.config, false);
      return { plan, outcome: result.outcome, template };
    }
    said = result.said;
  }
  throw new SluiceError("lost-race", `somebody else was faster ${attempts} times; nothing was changed`, {
    hint: "The next run finds the same updates again. Check that only one pipeline runs at a time.",
    facts: { said },
    exitCode: 1,
  });
}
