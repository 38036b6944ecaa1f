import type { PlannedJob } from "../../../release/plan/release-plan.ts";
import { nativeArchitectures } from "../../../system/architecture.ts";

/** Classes that are numbers say how strong a builder has to be; the manager is as strong as it takes. */
export const isNumber = (text: string): boolean => /^\d{1,4}$/.test(text);

/**
 * The classes of jobs that a machine takes besides those without one: its architectures, and numbers. Another name
 * says that the job needs something that this machine may not have.
 */
export function classesHere(): readonly string[] {
  return (classes ??= classesOf(nativeArchitectures()));
}

/** Asked for with every claim, and the same until this process ends. */
let classes: readonly string[] | undefined;

function classesOf(archs: readonly string[]): readonly string[] {
  return [...archs, ...Array.from({ length: 100 }, (_, number) => String(number))];
}

/**
 * Why a machine that isn't asked by its class can't run a job; undefined: it can.
 *
 * @param here the classes that it takes
 */
export function whyNotHere({ on }: Pick<PlannedJob, "on">, here = classesHere()): string | undefined {
  if (on === null || !("class" in on) || here.includes(on.class)) return undefined;
  return `it needs a builder of class ${on.class}: \`sluice up\` gives it to one, with REDIS_HOST`;
}
