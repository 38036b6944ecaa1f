import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import type { Asking } from "../asking.ts";

/** A crate's versions, but yanked ones and, unless asked for, pre-releases. https://crates.io/data-access */
export async function askCrates(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const crate = textOption(entry, entry.kind) || entry.name;
  const { versions } = await asking.api(`https://crates.io/api/v1/crates/${encodeURIComponent(crate)}`, form);
  return versions
    .filter(({ num, yanked }) => !yanked && wanted(entry, num))
    .map(({ num }) => ({ version: num }));
}

function wanted(entry: NvcheckerEntry, version: string): boolean {
  const groups = semver.exec(version)?.groups;
  return groups !== undefined && (groups["prerelease"] === undefined || isSet(entry, "use_pre_release"));
}

/** https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string, less exact within. */
const semver = /^\d+\.\d+\.\d+(?:-(?<prerelease>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

const form = z.object({ versions: z.array(z.object({ num: z.string(), yanked: z.boolean() })) });
