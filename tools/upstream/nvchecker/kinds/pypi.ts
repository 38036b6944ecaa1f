import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import type { Asking } from "../asking.ts";
import { pep440Kind } from "../parse-version.ts";

/** A project's releases on PyPI, but yanked ones and, unless asked for, pre-releases. https://docs.pypi.org/api/json/ */
export async function askPypi(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const project = textOption(entry, "pypi") || entry.name;
  const { releases } = await asking.api(`https://pypi.org/pypi/${encodeURIComponent(project)}/json`, form);
  const versions = Object.entries(releases).flatMap(([version, files]) =>
    files[0]?.yanked ? [] : [version],
  );
  return versions.filter((version) => wanted(entry, version)).map((version) => ({ version }));
}

function wanted(entry: NvcheckerEntry, version: string): boolean {
  const kind = pep440Kind(version);
  return kind === "release" || (kind === "pre-release" && isSet(entry, "use_pre_release"));
}

const form = z.object({ releases: z.record(z.string(), z.array(z.object({ yanked: z.boolean() }))) });
