import { createHash } from "node:crypto";
import type { RepositoryView } from "../api/package-schemas.ts";
import { html } from "../markup/html.ts";

const entries = 50;

const moment = (time: number | null): string => new Date(time ?? 0).toISOString();

/**
 * The newest packages as an Atom feed (RFC 4287).
 *
 * @param address without it links are relative: a feed is kept for others, so it repeats nothing that one of them said
 */
export function atomFeed(
  { name, arch, packages, lastPublished }: RepositoryView,
  address: string | undefined,
): string {
  const base = address === undefined ? "" : `${address}/`;
  const newest = packages.toSorted((a, b) => (b.publishedAt ?? 0) - (a.publishedAt ?? 0)).slice(0, entries);
  const feed = html`<feed xmlns="http://www.w3.org/2005/Atom">
    <id>${idOf(name)}</id>
    <title>${name}: new packages</title>
    <updated>${moment(lastPublished)}</updated>
    <author><name>${name}</name></author>
    <link rel="self" href="${base}feed.atom" />
    <link rel="alternate" type="text/html" href="${base}repository" />
    ${newest.map(
      ({ name: pkgname, pkgbase, version, filename, publishedAt }) =>
        html`<entry>
          <id>${idOf(name, arch, filename)}</id>
          <title>${pkgname} ${version}</title>
          <updated>${moment(publishedAt)}</updated>
          <link rel="alternate" type="text/html" href="${base}package/${encodeURIComponent(pkgbase)}" />
          <summary>${pkgname} ${version} for ${arch}</summary>
        </entry>`,
    )}
  </feed>`;
  // What XML 1.0 can't hold at all.
  // oxlint-disable-next-line no-control-regex
  return `<?xml version="1.0" encoding="utf-8"?>\n${feed.text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")}\n`;
}

/** The same wherever and whenever the feed is read: a UUID made of a name (RFC 9562, section 5.8). */
function idOf(...names: readonly string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(names)).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
