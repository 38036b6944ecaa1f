import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";

/** An official package of Arch Linux, not from its testing repositories. https://wiki.archlinux.org/title/Official_repositories_web_interface */
export async function askArchpkg(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const name = textOption(entry, "archpkg") || entry.name;
  const url = `https://archlinux.org/packages/search/json/?${new URLSearchParams({ name })}`;
  const { results } = await asking.api(url, form);
  const found = results.find(({ repo }) => !/(?:^|-)testing$/.test(repo));
  if (found === undefined) throw answerError(url, `knows no package ${name}`);

  const provided = textOption(entry, "provided");
  if (!provided)
    return { version: isSet(entry, "strip_release") ? found.pkgver : `${found.pkgver}-${found.pkgrel}` };
  const version = found.provides.find((one) => one.startsWith(`${provided}=`))?.slice(provided.length + 1);
  if (version === undefined) throw answerError(url, `knows no version of ${provided} in ${name}`);
  return { version: isSet(entry, "strip_release") ? version.replace(/-.*/, "") : version };
}

const form = z.object({
  results: z.array(
    z.object({
      repo: z.string(),
      pkgver: z.string(),
      pkgrel: z.string(),
      provides: z.array(z.string()),
    }),
  ),
});
