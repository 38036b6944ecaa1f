import { SluiceError } from "../../../errors.ts";
import { type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";

/** A repository's path at a forge, `owner/name`, each part encoded for a URL. */
export function repositoryOption(entry: NvcheckerEntry, option: string): string {
  const parts = requiredOption(entry, option).split("/");
  if (parts.length >= 2 && parts.every((part) => part !== "" && part !== "." && part !== "..")) {
    return parts.map(encodeURIComponent).join("/");
  }
  throw optionError(entry, option, "must be owner/name");
}

/** The forge's host name, perhaps with a port. */
export function hostOption(entry: NvcheckerEntry, otherwise: string): string {
  const host = textOption(entry, "host") ?? otherwise;
  if (/^[A-Za-z0-9.-]+(?::\d+)?$/.test(host)) return host;
  throw optionError(entry, "host", "must be a host name");
}

function optionError({ path }: NvcheckerEntry, option: string, what: string): SluiceError {
  return new SluiceError("nvchecker-option", `${path}: ${option} ${what}`, { facts: { path } });
}
