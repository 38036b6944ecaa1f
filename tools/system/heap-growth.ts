import { setFlagsFromString } from "node:v8";

/**
 * Lets this process' heap grow to twice what it holds before what is left over is freed, in place of four times. A
 * manager holds what a hundred thousand packages are, and is to stay below a gigabyte with that.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString("--heap-growing-percent=100");
}
