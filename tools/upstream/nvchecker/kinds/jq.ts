import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking, readJson } from "../asking.ts";
import { readJqFilter } from "./jq-filter.ts";
import { pageRequest } from "./page-request.ts";

/** Versions found by a jq filter in a JSON document. */
export async function askJq(entry: NvcheckerEntry, asking: Asking): Promise<Found | undefined> {
  const filter = readJqFilter(textOption(entry, "filter") ?? ".", entry.path);
  const url = requiredOption(entry, "url");
  const document = readJson(url, await asking.page(url, pageRequest(entry, "application/json")));
  const found = filter(document);
  if (found.every((value) => value === null) && isSet(entry, "missing_ok")) return undefined;
  return found.map((value) => {
    if (typeof value === "string" || typeof value === "number") return { version: String(value) };
    throw answerError(url, "has no version where the recipe's filter looks for it");
  });
}
