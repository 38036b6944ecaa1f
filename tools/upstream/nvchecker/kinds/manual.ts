import { type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";

/** The version is in the file itself; where there is none, a person changes the recipe. */
export async function readManual(entry: NvcheckerEntry): Promise<Found | undefined> {
  const version = textOption(entry, "manual")?.trim();
  return version ? { version } : undefined;
}
