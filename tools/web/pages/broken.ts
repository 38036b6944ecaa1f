import type { ExplainedFailing } from "../api/schemas.ts";
import { causeOf } from "../log/failures.ts";
import { html, type Content } from "../markup/html.ts";
import { visible } from "../markup/difference.ts";
import type { Page } from "./layout.ts";
import { ago, badge, counted, groupBy, notStartedBadge, packageLink, packageLinks } from "./parts.ts";

/** What fails, since when, whom it blocks; failures with the same first error stand together. */
export function brokenPage(failing: readonly ExplainedFailing[], now: number): Page {
  const groups = groupBy(failing, sameCause);
  const sorted = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return {
    title: "Broken",
    root: "./",
    current: "broken",
    scripts: ["live"],
    main: html`<h1>Broken</h1>
      <div data-live="broken">
        ${failing.length === 0 ? html`<p class="health good">No package fails.</p>` : html`<p>${counted(failing.length, "package fails", "packages fail")}, for ${counted(sorted.length, "reason", "reasons")}. Those with the same first error stand together.</p>`}
        ${sorted.map((group) => renderGroup(group, now))}
      </div>`,
  };
}

/** Failures with the same first error, or the same message where the log has none. */
function sameCause({ pkgbase, message, outcome, error }: ExplainedFailing): string {
  return `${outcome} ${causeOf(error ?? message, pkgbase)}`;
}

function renderGroup(group: readonly ExplainedFailing[], now: number): Content {
  const [{ outcome, notStarted, message, error, lines, line, build }] = group as [ExplainedFailing];
  return html`<section class="card">
    <h2>
      ${notStarted ? notStartedBadge : badge(outcome as "failed")}
      ${group.length > 1 && html`${group.length} packages: `}<span class="said"
        >${visible(error ?? message)}</span
      >
    </h2>
    ${error !== null && html`<p class="none">${message}</p>`}
    ${
      lines.length > 0 &&
      html`<pre class="excerpt" tabindex="0">
${lines.map((text, n) => `${n > 0 ? "\n" : ""}${visible(text)}`)}</pre>
        <p><a href="./build/${build}?line=${line}#L${line}">The log there</a>, of build ${build}</p>`
    }
    <ul>
      ${group.map(
        (one) =>
          html`<li>
            <strong>${packageLink("./", one.pkgbase)}</strong>:
            <a href="./build/${one.build}">build ${one.build}</a>, since commit
            <code>${one.firstCommit.slice(0, 10)}</code
            >${one.firstVersion !== null && ` (${one.firstVersion})`},
            ${ago(one.since, now)}${one.builds > 1 && `, ${one.builds} times`}${one.blocks.length > 0 && html`; blocks ${packageLinks("./", one.blocks)}`}
          </li>`,
      )}
    </ul>
  </section>`;
}
