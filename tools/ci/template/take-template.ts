import { SluiceError } from "../../errors.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";
import { applyTemplateUpdate, templateReview } from "./apply-template-update.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { planTemplateUpdate } from "./template-update.ts";

/** What became of the CI files in a half-hourly run. */
export type TemplateOutcome =
  | { readonly kind: "disabled" }
  | { readonly kind: "current"; readonly why: string }
  | { readonly kind: "update" | "review"; readonly tag: string; readonly why: string; readonly done: string }
  /** Nothing else of the run suffers from it. */
  | { readonly kind: "failed"; readonly error: SluiceError };

/**
 * Takes new CI files from TEMPLATE_REPO, where that is wanted. It comes last: pipelines run with them from the next
 * time on anyway, and an unavailable template delays no update.
 */
export async function takeTemplate(
  ports: SchedulePorts,
  { TEMPLATE_ENABLE_UPDATES, TEMPLATE_REPO }: RepositoryConfig,
  dryRun: boolean,
): Promise<TemplateOutcome> {
  if (!TEMPLATE_ENABLE_UPDATES || TEMPLATE_REPO === "") return { kind: "disabled" };
  ports.progress("looking for new CI files");
  try {
    const plan = await planTemplateUpdate(ports);
    if (plan.kind === "current") return { kind: "current", why: plan.reason };
    const { kind, tag, why } = plan;
    if (dryRun) return { kind, tag, why, done: "" };
    const { branch, commit } = await applyTemplateUpdate(ports, plan);
    const done = `${commit.slice(0, 10)} is on ${branch}`;
    if (kind === "update" || ports.forge instanceof SluiceError) return { kind, tag, why, done };
    const { url } = await ports.forge.openReview(templateReview(plan, branch));
    return { kind, tag, why, done: url };
  } catch (error) {
    if (error instanceof SluiceError) return { kind: "failed", error };
    throw error;
  }
}
