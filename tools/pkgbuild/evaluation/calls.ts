import { NotStatic, type Status } from "./values.ts";

const deepestCall = 20;

/** Whether a function goes on isn't known, so nothing of the call is followed. */
export class LeavesFunction extends NotStatic {}

/** A function that runs: `$1`, `$2`, …, and what it returned where it has ended. */
interface Call {
  arguments: readonly string[];
  returned?: Status;
}

/** The functions that run, each called by the one before it. */
export class Calls {
  readonly #calls: Call[] = [];

  get isInside(): boolean {
    return this.#calls.length > 0;
  }

  get isDeep(): boolean {
    return this.#calls.length >= deepestCall;
  }

  /** Those of the innermost one; undefined outside of functions. */
  get arguments(): readonly string[] | undefined {
    return this.#calls.at(-1)?.arguments;
  }

  get hasReturned(): boolean {
    const call = this.#calls.at(-1);
    return call !== undefined && "returned" in call;
  }

  /** Runs a function's body with these arguments. */
  follow(given: readonly string[], body: () => Status): Status {
    const call: Call = { arguments: given };
    this.#calls.push(call);
    try {
      const status = body();
      return "returned" in call ? call.returned : status;
    } finally {
      this.#calls.pop();
    }
  }

  /** `return`, inside a function. */
  leave([code, ...more]: readonly string[]): Status {
    const isKnown = more.length === 0 && code !== undefined && /^\d{1,3}$/.test(code);
    return (this.#calls.at(-1)!.returned = isKnown ? code === "0" : undefined);
  }

  /** `shift` */
  shift([count = "1", ...more]: readonly string[]): void {
    const call = this.#calls.at(-1);
    if (!call || more.length > 0 || !/^\d{1,3}$/.test(count) || Number(count) > call.arguments.length)
      throw new LeavesFunction("a shift that isn't followed");
    call.arguments = call.arguments.slice(Number(count));
  }
}
