import { needsFileSchema, type PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { refused, withoutCredentials } from "./asking.ts";

/** Bytes; ten thousand packages have some 20 MB. */
const maxBytes = 512 * 2 ** 20;

/**
 * What the packages of a repository that Sluice publishes need and give: `needs.json` beside its database.
 *
 * @returns undefined where that isn't known, or not of every package yet
 * @throws SluiceError where it can't be asked, or isn't understood
 */
export async function readPublishedNeeds(
  database: string,
  http: Http,
): Promise<readonly PackageRecord[] | undefined> {
  const url = new URL("needs.json", database).href;
  const answer = await http.fetch(url, { maxBytes });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refused(url, answer.status);
  try {
    const { complete, packages } = needsFileSchema.parse(JSON.parse(answer.body.toString()));
    return complete ? Object.values(packages) : undefined;
  } catch (cause) {
    const place = withoutCredentials(url);
    throw new SluiceError("needs-unreadable", `${place} isn't what Sluice writes`, {
      hint: "Is the database's address in CI_LIB_DB right? Nothing is rebuilt because of what is gone until it can be read.",
      facts: { url: place },
      exitCode: 1,
      cause,
    });
  }
}
