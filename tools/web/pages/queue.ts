import type { Builder, QueueView } from "../api/schemas.ts";
import { html, type Content } from "../markup/html.ts";
import { actionsFor, type Offer } from "./actions.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { ago, buildRows, duration, isStuck, packageLink, table, type HomeOf } from "./parts.ts";

/** What is built and waits, in the order in which it will be taken, and who builds. */
export function queuePage(
  { builds, removals, held }: QueueView,
  builders: readonly Builder[],
  now: number,
  { address, homeOf }: { readonly address: string | undefined; readonly homeOf: HomeOf },
): Page {
  const removalRows = removals.map(({ pkgbase, pkgnames, reason }) => [
    packageLink("./", pkgbase),
    pkgnames.join(", "),
    reason,
  ]);
  const heldRows = held.map(({ pkgbase, why }) => [packageLink("./", pkgbase), why]);
  const active = builds.filter(({ status }) => status === "active");
  const waiting = builds.filter(({ status }) => status !== "active");
  return {
    title: "Queue",
    root: "./",
    current: "queue",
    scripts: ["live", ...(address === undefined ? [] : (["actions"] as const))],
    main: html`<h1>Queue</h1>
      <div data-live="queue">
        ${section("Being built", active.length, buildRows(homeOf, active, now), "Nothing is being built.")}
        ${section("Waiting, in the order in which they are taken", waiting.length, waitingRows(homeOf, waiting, now), "Nothing waits.")}
        ${held.length > 0 && section("Held by hand", held.length, table(["Package", "Who, and why"], heldRows), "")}
        ${removals.length > 0 && section("To be removed", removals.length, table(["Package", "Packages", "Why"], removalRows), "")}
        ${section("Builders", builders.length, builderRows(homeOf, builders, now), "No builder was heard from.")}
      </div>
      ${address !== undefined && actionsFor(builders.flatMap(offersFor), address)}`,
  };
}

/** What isn't there needs no order to take nothing. */
function offersFor({ name: of, there, drained }: Builder): Offer[] {
  if (drained !== null) return [{ action: "drain", of, label: `Let ${of} build again`, undo: true }];
  return there ? [{ action: "drain", of, label: `Drain ${of}` }] : [];
}

function waitingRows(homeOf: HomeOf, waiting: QueueView["builds"], now: number): Content {
  const rows = buildRows(homeOf, waiting.slice(0, shown), now, "class");
  return [
    rows,
    waiting.length > shown && html`<p class="none">${waiting.length - shown} more after these.</p>`,
  ];
}

const shown = 300;

function builderRows(homeOf: HomeOf, builders: readonly Builder[], now: number): Content {
  return table(
    ["Builder", "Status", "Class", "Builds", "Last"],
    builders.map((builder) => {
      const { name, building, last, jobs, class: own } = builder;
      return [
        name,
        standing(builder, now),
        own ?? "",
        [
          building.map((build, n) => [
            n > 0 && ", ",
            html`<a href="${homeOf(build)}build/${build.id}">${build.pkgbase}</a>`,
          ]),
          jobs !== null && ` (${building.length} of ${jobs})`,
        ],
        last && last.finishedAt !== null
          ? html`<a href="${homeOf(last)}build/${last.id}">${last.pkgbase}</a> ${ago(last.finishedAt, now)}`
          : "",
      ];
    }),
  );
}

function standing({ there, drained, building }: Builder, now: number): Content {
  const stuck = building.find((build) => isStuck(build, now));
  if (stuck) {
    return html`<span class="badge bad">stuck?</span> for ${duration(now - (stuck.startedAt ?? now))}, and the
      last time took ${duration(stuck.expectedMs ?? 0)}`;
  }
  if (drained !== null) return html`<span class="badge warn">drained</span> ${drained}`;
  if (building.length > 0) return html`<span class="badge busy">building</span>`;
  return there ? html`<span class="badge good">idle</span>` : html`<span class="badge">not there</span>`;
}
