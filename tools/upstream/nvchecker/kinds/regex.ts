import { SluiceError } from "../../../errors.ts";
import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { pageRequest } from "./page-request.ts";
import { type PythonRegex, regexOption } from "../python-regex.ts";

/** Versions found by a regular expression on a web page. */
export async function askRegex(entry: NvcheckerEntry, asking: Asking): Promise<Found | undefined> {
  const regex = searchRegex(entry);
  const decode = decoder(entry);
  const url = requiredOption(entry, "url");
  const { body } = await asking.page(url, pageRequest(entry, "application/x-www-form-urlencoded"));
  const found = regex.findAll(decode(body));
  if (found.length > 0) return [...new Set(found)].map((version) => ({ version }));
  if (isSet(entry, "missing_ok")) return undefined;
  throw answerError(url, "has nothing that the recipe's regex matches");
}

/** The option `regex`, which tells the version by its one group or by all that it matches. */
export function searchRegex(entry: NvcheckerEntry): PythonRegex {
  requiredOption(entry, "regex");
  const regex = regexOption(entry, "regex");
  if (regex !== undefined && regex.groups <= 1) return regex;
  throw new SluiceError("nvchecker-regex", `${entry.path}: regex must have one group at most`, {
    hint: "Write (?:…) for groups that aren't the version.",
    facts: { path: entry.path },
  });
}

function decoder(entry: NvcheckerEntry): (body: Buffer) => string {
  const encoding = textOption(entry, "encoding") ?? "latin1";
  // The web's name for it means another encoding, windows-1252.
  if (/^(?:latin-?1|iso-?8859-1)$/i.test(encoding)) return (body) => body.toString("latin1");
  try {
    const decoder = new TextDecoder(encoding.replaceAll("_", "-"));
    return (body) => decoder.decode(body);
  } catch (cause) {
    throw new SluiceError(
      "nvchecker-option",
      `${entry.path}: encoding ${JSON.stringify(encoding)} isn't supported`,
      {
        hint: "Leave the option out where the version is plain ASCII.",
        facts: { path: entry.path },
        cause,
      },
    );
  }
}
