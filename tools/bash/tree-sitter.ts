import type { SecondReader } from "./second-reader.ts";
export async function treeSitter(): Promise<SecondReader> {
  throw new Error("todo");
}
