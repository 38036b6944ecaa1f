import { SluiceError } from "../errors.ts";

const silentMs = 30_000;

/** Repeated errors are reported twice a minute. Defects are reported as they are. */
export function saidOnce(tell: (error: SluiceError) => void): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    const known =
      error instanceof SluiceError
        ? error
        : new SluiceError("defect", error instanceof Error ? (error.stack ?? error.message) : String(error));
    const before = told.get(known.message) ?? Number.NEGATIVE_INFINITY;
    if (performance.now() - before < silentMs) return;
    told.set(known.message, performance.now());
    tell(known);
  };
}
