/**
 * A signal that aborts after so many milliseconds, also where only a composed signal is left of it:
 * AbortSignal.any holds its sources weakly, and an AbortSignal.timeout among them may be collected before
 * it fires (https://github.com/nodejs/node/issues/57736). It doesn't keep the process alive.
 */
export function timeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new DOMException("timed out", "TimeoutError"));
  setTimeout(abort, ms).unref();
  return controller.signal;
}
