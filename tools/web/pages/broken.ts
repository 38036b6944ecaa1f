import type { Failing } from "../api/schemas.ts";
import { html, type Content } from "./html.ts";
import type { Page } from "./layout.ts";
import { ago, badge, groupBy, packageLink, packageLinks } from "./parts.ts";

/** What fails, since when, whom it blocks; failures that say the same stand together. */
export function brokenPage(failing: readonly Failing[], now: number): Page {
  const groups = groupBy(failing, causeOf);
  const sorted = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return {
    title: "Broken",
    root: "./",
    current: "broken",
    script: "live",
    main: html`<h1>Broken</h1>
      <div data-live="broken">
        ${failing.length === 0 ? html`<p class="health good">No package fails.</p>` : html`<p>${failing.length} ${failing.length === 1 ? "package fails" : "packages fail"}; those that say the same stand together.</p>`}
        ${sorted.map((group) => renderGroup(group, now))}
      </div>`,
  };
}

/** The message without what differs from package to package: its name, numbers, paths. */
export function causeOf({
  pkgbase,
  message,
  outcome,
}: Pick<Failing, "pkgbase" | "message" | "outcome">): string {
  const same = message
    .replaceAll(pkgbase, "PACKAGE")
    .replace(/\/[^\s:]+/g, "PATH")
    .replace(/\d+/g, "N");
  return `${outcome} ${same}`;
}

function renderGroup(group: readonly Failing[], now: number): Content {
  return html`<section class="card">
    <p>
      ${badge(group[0]!.outcome as "failed")}
      ${group.length > 1 && html`<strong>${group.length} packages</strong>`}
      <span class="said">${group[0]!.message}</span>
    </p>
    <ul>
      ${group.map(
        ({ pkgbase, since, firstCommit, builds, build, blocks }) =>
          html`<li>
            <strong>${packageLink("./", pkgbase)}</strong>: <a href="./build/${build}">build ${build}</a>,
            since commit <code>${firstCommit.slice(0, 10)}</code>,
            ${ago(since, now)}${builds > 1 && `, ${builds} times`}${blocks.length > 0 && html`; blocks ${packageLinks("./", blocks)}`}
          </li>`,
      )}
    </ul>
  </section>`;
}
