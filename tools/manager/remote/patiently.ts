import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../errors.ts";

/** A way that is closed just now may be open in a moment. */
export async function patiently<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pause = 500; ; pause *= 2) {
    try {
      return await action();
    } catch (error) {
      const isAway = error instanceof SluiceError && error.code.endsWith("-away");
      if (!isAway || pause > 8000 || signal.aborted) throw error;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
