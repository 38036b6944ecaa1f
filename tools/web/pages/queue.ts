import type { QueueView } from "../api/schemas.ts";
import { html } from "./html.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { buildRows, groupBy, packageLink, table } from "./parts.ts";

/** What is built and waits, in the order in which it will be taken. */
export function queuePage({ builds, removals }: QueueView, now: number): Page {
  const removalRows = removals.map(({ pkgbase, pkgnames, reason }) => [
    packageLink("./", pkgbase),
    pkgnames.join(", "),
    reason,
  ]);
  const active = builds.filter(({ status }) => status === "active");
  const waiting = builds.filter(({ status }) => status !== "active");
  return {
    title: "Queue",
    root: "./",
    current: "queue",
    script: "live",
    main: html`<h1>Queue</h1>
      <div data-live="queue">
        ${section("Builders at work", active.length, workerRows(active), "No builder is at work.")}
        ${section("Being built", active.length, buildRows("./", active, now), "Nothing is being built.")}
        ${section("Waiting, in the order in which they are taken", waiting.length, buildRows("./", waiting, now), "Nothing waits.")}
        ${removals.length > 0 && section("To be removed", removals.length, table(["Package", "Packages", "Why"], removalRows), "")}
      </div>`,
  };
}

function workerRows(active: QueueView["builds"]) {
  const byWorker = groupBy(active, ({ worker }) => worker ?? "");
  return table(
    ["Builder", "Builds"],
    [...byWorker].map(([worker, builds]) => [
      worker,
      builds.map(({ id, pkgbase }, n) => [n > 0 && ", ", html`<a href="./build/${id}">${pkgbase}</a>`]),
    ]),
  );
}
