import type { IndexGroup } from "./index.ts";

/** `_releases.html`: readable without a script, on a phone too. */
export function renderPage(project: string, groups: readonly IndexGroup[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Releases of ${escaped(project)}</title>
<link rel="alternate" type="application/atom+xml" href="_releases.atom">
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: auto; padding: 1rem; color-scheme: light dark; }
code { font-size: 0.8rem; overflow-wrap: anywhere; }
li { margin: 0.4rem 0; }
summary { font-size: 1.3rem; cursor: pointer; }
</style>
<h1>Releases of ${escaped(project)}</h1>
<p>To verify a file, compare its digest with what <code>sha256sum FILE</code> says.</p>
${groups.map(renderGroup).join("")}</html>
`;
}

function renderGroup({ name, hide, builds }: IndexGroup): string {
  const versions = builds.map(
    ({
      version,
      date,
      builds: files,
    }) => `<h3 id="${escaped(version)}">${escaped(version)} <small>${date.slice(0, 10)}</small></h3>
<ul>
${files.map(renderFile).join("")}</ul>
`,
  );
  return `<details${hide ? "" : " open"}>
<summary>${escaped(name)}</summary>
${versions.join("")}</details>
`;
}

function renderFile({
  target,
  url,
  path,
  size,
  sha256,
}: IndexGroup["builds"][number]["builds"][number]): string {
  const name = target ?? path.slice(path.lastIndexOf("/") + 1);
  return `<li><a href="${escaped(url)}">${escaped(name)}</a>, ${(size / 2 ** 20).toFixed(1)} MiB<br><code>${sha256}</code></li>
`;
}

/** The newest releases as Atom (RFC 4287). */
export function renderFeed(project: string, url: string, groups: readonly IndexGroup[]): string {
  const all = groups.flatMap(({ name, builds }) => builds.map((build) => ({ ...build, channel: name })));
  const newest = all.toSorted((a, b) => (a.date < b.date ? 1 : -1)).slice(0, 50);
  const entries = newest.map(
    ({ version, date, channel }) => `<entry>
<id>${escaped(`${url}#${version}`)}</id>
<title>${escaped(`${project} ${version} (${channel})`)}</title>
<updated>${date}</updated>
<link href="${escaped(`${url}/_releases.html#${version}`)}"/>
</entry>
`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${escaped(url)}</id>
<title>${escaped(`Releases of ${project}`)}</title>
<author><name>${escaped(project)}</name></author>
<updated>${newest[0]?.date ?? "1970-01-01T00:00:00.000Z"}</updated>
${entries.join("")}</feed>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
