import type { Failure } from "../log/failures.ts";
import type { DatedFailing, ExplainedFailing } from "./schemas.ts";

/** Adds to each package that fails what its log says. */
export function withLogErrors(
  failureOf: (build: number) => Promise<Failure>,
): (failing: readonly DatedFailing[]) => Promise<readonly ExplainedFailing[]> {
  return (failing) => Promise.all(failing.map(async (one) => ({ ...one, ...(await failureOf(one.build)) })));
}
