import type { RepositoryView } from "../api/package-schemas.ts";
import { html, type Content } from "../markup/html.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { ago, bytes, counted, packageLink, table } from "./parts.ts";

/** How to use the repository, and what is new in it. */
export function repositoryPage(found: RepositoryView, address: string, now: number): Page {
  const { name, fingerprint, lastPublished, packages, releases } = found;
  const rows = packages
    .toSorted((a, b) => (b.publishedAt ?? 0) - (a.publishedAt ?? 0))
    .slice(0, shown)
    .map(({ name: pkgname, pkgbase, version, arch, publishedAt }) => [
      pkgname,
      version,
      packageLink("./", pkgbase),
      arch,
      publishedAt === null ? "" : ago(publishedAt, now),
    ]);
  return {
    title: "Repository",
    root: "./",
    current: "repository",
    main: html`<h1>Repository ${name}</h1>
      <p>
        ${counted(packages.length, "package")}${lastPublished !== null && html`, last published ${ago(lastPublished, now)}`}.
      </p>
      <p><a href="./feed.atom">Feed of new packages</a> (Atom)</p>
      <section>
        <h2>Use it</h2>
        <p>Trust its key, and name it in <code>/etc/pacman.conf</code>:</p>
        <pre tabindex="0">
curl -O ${address}/${name}/${name}.asc
sudo pacman-key --add ${name}.asc
sudo pacman-key --lsign-key ${fingerprint ?? "FINGERPRINT"}</pre>
        <pre tabindex="0">
[${name}]
SigLevel = Required DatabaseRequired
Server = ${address}/$repo/$arch</pre>
        <p>The key's fingerprint: <code class="long">${fingerprint ?? "nothing is published yet"}</code></p>
        <p>Then install a package with all that is new: <code>sudo pacman -Syu NAME</code></p>
      </section>
      ${releases.length > 0 && section("Releases", undefined, [releaseRows(found), releases.map((one) => releaseDetails(one, now))], "")}
      ${section("Newest packages", packages.length, table(["Package", "Version", "Made by", "Architecture", "Published"], rows), "Nothing is published yet.")}
      ${packages.length > shown && html`<p class="none">${packages.length - shown} older ones: <a href="./packages">all packages</a></p>`}`,
  };
}

/** What each channel of a project names, beside which what it published will stand. */
function releaseRows({ releases }: RepositoryView): Content {
  const rows = releases.map(({ project, channel, takes, ref, reason }) => [
    project,
    channel,
    ref ?? "nothing yet",
    takes,
    reason,
  ]);
  return table(["Project", "Channel", "Names", "Takes", "Why"], rows);
}

/** Its jobs with their logs, what they made, and where that was published. */
function releaseDetails(
  { project, channel, ref, release }: RepositoryView["releases"][number],
  now: number,
): Content {
  if (!release) return "";
  const { jobs, publications, finishedAt } = release;
  const made = jobs.flatMap(({ files }) =>
    files.map(({ artifact, path, bytes: size, sha256 }) => [artifact, path, bytes(size), digest(sha256)]),
  );
  const published = publications.flatMap(({ name, at, files }) =>
    files.length === 0
      ? [[name, "", ago(at, now), ""]]
      : files.map((file) => [name, file.at, ago(at, now), digest(file.sha256)]),
  );
  const rows = jobs.map(({ job, status, at, message, build }) => [
    html`<span class="badge ${jobTones[status]}">${status}</span>`,
    job,
    build === null ? "" : html`<a href="./build/${build}">log</a>`,
    at === null ? "" : ago(at, now),
    message,
  ]);
  const state = finishedAt === null ? "not published yet" : `published ${ago(finishedAt, now)}`;
  return html`<details ${finishedAt === null ? "open" : ""}>
    <summary>${project} ${channel}: ${ref}, ${state}</summary>
    ${table(["Status", "Job", "Log", "Ended", "Message"], rows)}
    ${made.length > 0 && table(["Artifact", "File", "Size", "SHA-256"], made)}
    ${published.length > 0 && table(["Publication", "Where", "When", "SHA-256"], published)}
  </details>`;
}

function digest(sha256: string): Content {
  return html`<code class="long">${sha256}</code>`;
}

const jobTones = { green: "good", failed: "bad", running: "busy", waiting: "calm" } as const;

const shown = 100;
