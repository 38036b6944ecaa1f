import { SluiceError } from "../../../errors.ts";
import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { userAgentHeader } from "./page-request.ts";
import { searchRegex } from "./regex.ts";

/** Versions in a header of an answer: where a download redirects to, or what it's called. */
export async function askHttpheader(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const regex = searchRegex(entry);
  const url = requiredOption(entry, "url");
  const header = (textOption(entry, "header") ?? "Location").toLowerCase();
  const { headers } = await asking.page(url, {
    method: methodOption(entry),
    headers: userAgentHeader(entry),
    followRedirects: isSet(entry, "follow_redirects"),
  });
  const value = headers[header];
  if (!value) throw answerError(url, `answered without the header ${header}`);
  const found = regex.findAll(value);
  if (found.length === 0)
    throw answerError(url, `has nothing in the header ${header} that the recipe's regex matches`);
  return found.map((version) => ({ version }));
}

function methodOption(entry: NvcheckerEntry): "GET" | "HEAD" | "POST" {
  const method = (textOption(entry, "method") ?? "HEAD").toUpperCase();
  if (method === "GET" || method === "HEAD" || method === "POST") return method;
  throw new SluiceError("nvchecker-option", `${entry.path}: method must be HEAD, GET or POST`, {
    facts: { path: entry.path },
  });
}
