import { z } from "zod";
import { type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import type { Asking } from "../asking.ts";

/**
 * What npm installs when asked for no version. A package's whole document can have many megabytes; its dist-tags can
 * be asked for alone. https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
 */
export async function askNpm(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const name = encodeURIComponent(textOption(entry, "npm") ?? entry.name);
  const { latest } = await asking.api(`https://registry.npmjs.org/-/package/${name}/dist-tags`, distTags);
  return { version: latest };
}

const distTags = z.object({ latest: z.string() });
