import { createHash } from "node:crypto";
import { parseNeeds, type PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { refused, withoutCredentials } from "./asking.ts";

/** What the packages of a repository need and give, as it is published now. */
export interface PublishedNeeds {
  /** Another one wherever something of it is. */
  readonly digest: string;
  /** Undefined where it isn't known of every package yet. */
  readonly records: () => Promise<readonly PackageRecord[] | undefined>;
}

/** Bytes; ten thousand packages have some 20 MB. */
const maxBytes = 256 * 2 ** 20;

/**
 * What the packages of a repository that Sluice publishes need and give: `needs.json` beside its database. Where it is
 * what it was at `before`, it isn't sent unless somebody asks for the records.
 *
 * @returns undefined where that isn't known
 * @throws SluiceError where it can't be asked, or isn't understood
 */
export async function readPublishedNeeds(
  database: string,
  before: string | undefined,
  http: Pick<Http, "fetch">,
): Promise<PublishedNeeds | undefined> {
  const url = new URL("needs.json", database).href;
  const answer = await fetchNeeds(url, before?.includes('"') ? before : undefined, http);
  if (answer.status === 404) return undefined;
  if (answer.status === 304 && before !== undefined) {
    return {
      digest: before,
      records: async () => recordsIn((await fetchNeeds(url, undefined, http)).body, url),
    };
  }
  const digest = answer.headers["etag"] ?? createHash("sha256").update(answer.body).digest("hex");
  return { digest, records: async () => recordsIn(answer.body, url) };
}

async function fetchNeeds(
  url: string,
  before: string | undefined,
  http: Pick<Http, "fetch">,
): ReturnType<Http["fetch"]> {
  const headers = before === undefined ? {} : { "if-none-match": before };
  const answer = await http.fetch(url, { headers, maxBytes });
  if (answer.status === 200 || answer.status === 404) return answer;
  if (answer.status === 304 && before !== undefined) return answer;
  throw refused(url, answer.status);
}

function recordsIn(body: Buffer, url: string): readonly PackageRecord[] | undefined {
  try {
    const { complete, packages } = parseNeeds(body);
    return complete ? packages : undefined;
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
