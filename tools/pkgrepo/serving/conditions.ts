import type { IncomingHttpHeaders } from "node:http";

/** By which a client knows a file again. */
export interface Validators {
  readonly etag: string;
  /** Milliseconds since 1970, of whole seconds. */
  readonly modified: number;
}

export function validatorsOf({
  mtimeMs,
  size,
}: {
  readonly mtimeMs: number;
  readonly size: number;
}): Validators {
  return {
    etag: `"${Math.floor(mtimeMs).toString(16)}-${size.toString(16)}"`,
    modified: Math.floor(mtimeMs / 1000) * 1000,
  };
}

/**
 * Conditions of a GET or HEAD in the order of RFC 9110, section 13.2.2: a date is only looked at where there is no tag.
 *
 * @returns 304, 412, or undefined where the file is to be sent
 */
export function unmetCondition(
  headers: IncomingHttpHeaders,
  { etag, modified }: Validators,
): 304 | 412 | undefined {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  const unmodifiedSince = Date.parse(headers["if-unmodified-since"] ?? "");
  if (match === undefined ? modified > unmodifiedSince : !names(match, etag)) return 412;
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return (noneMatch === undefined ? modified <= since : names(noneMatch, etag)) ? 304 : undefined;
}

/** Whether a Range header counts: the file is still the one that the client has the beginning of. */
export function rangeCounts(
  { "if-range": known }: IncomingHttpHeaders,
  { etag, modified }: Validators,
): boolean {
  return known === undefined || known === etag || Date.parse(String(known)) === modified;
}

/** A tag that a proxy made weak, as by compressing, still is that of the file. */
function names(list: string, etag: string): boolean {
  return list.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}
