import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";

/** The version of a package in the AUR. */
export async function askAurVersion(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const name = textOption(entry, "aur") || entry.name;
  const found = await asking.aurPackage(name);
  if (found === undefined) throw answerError("https://aur.archlinux.org/rpc", `knows no package ${name}`);
  const version = isSet(entry, "strip_release") ? found.Version.replace(/-[^-]*$/, "") : found.Version;
  if (!isSet(entry, "use_last_modified")) return { version };
  const time = new Date(found.LastModified * 1000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "");
  return { version: `${version}-${time}` };
}
