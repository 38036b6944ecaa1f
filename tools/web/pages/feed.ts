import type { RepositoryView } from "../api/schemas.ts";
import { html } from "../markup/html.ts";

const entries = 50;

const moment = (time: number | null): string => new Date(time ?? 0).toISOString();

/** The newest packages as an Atom feed (RFC 4287). */
export function atomFeed({ name, arch, packages, lastPublished }: RepositoryView, address: string): string {
  const newest = packages.toSorted((a, b) => (b.builtAt ?? 0) - (a.builtAt ?? 0)).slice(0, entries);
  const feed = html`<feed xmlns="http://www.w3.org/2005/Atom">
    <id>${address}/feed.atom</id>
    <title>${name}: new packages</title>
    <updated>${moment(lastPublished)}</updated>
    <author><name>${name}</name></author>
    <link rel="self" href="${address}/feed.atom" />
    <link rel="alternate" type="text/html" href="${address}/repository" />
    ${newest.map(
      ({ name: pkgname, pkgbase, version, filename, builtAt }) =>
        html`<entry>
          <id>${address}/${name}/${arch}/${encodeURIComponent(filename)}</id>
          <title>${pkgname} ${version}</title>
          <updated>${moment(builtAt)}</updated>
          <link rel="alternate" type="text/html" href="${address}/package/${encodeURIComponent(pkgbase)}" />
          <summary>${pkgname} ${version} for ${arch}</summary>
        </entry>`,
    )}
  </feed>`;
  // What XML 1.0 can't hold at all.
  // oxlint-disable-next-line no-control-regex
  return `<?xml version="1.0" encoding="utf-8"?>\n${feed.text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")}\n`;
}
