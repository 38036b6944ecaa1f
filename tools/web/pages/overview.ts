import type { Overview } from "../api/package-schemas.ts";
import type { Reviews } from "../api/schemas.ts";
import { html, type Content } from "../markup/html.ts";
import type { Page } from "./layout.ts";
import { ago, badge, buildRows, counted, isStuck, notStartedBadge, packageLink, table } from "./parts.ts";

/** What is building, what waits and why, what failed, what was published last. */
export function overviewPage(found: Overview, held: Reviews, now: number): Page {
  const { building, waiting, failing, recent, unscheduled, newest } = found;
  return {
    title: "Overview",
    root: "./",
    current: "overview",
    scripts: ["live"],
    main: html`<h1>Overview</h1>
      <div data-live="overview">
        ${health(found, held, now)}
        ${section("Building now", building.length, buildRows("./", building, now), "Nothing is being built.")}
        ${section("Failed", failing.length, failingRows(found, now), "Nothing fails.")}
        ${section("Waiting", waiting.length, buildRows("./", waiting.slice(0, shown), now), "Nothing waits.")}
        ${waiting.length > shown && html`<p><a href="./queue">All ${waiting.length} that wait</a></p>`}
        ${unscheduled.length > 0 && section("Not scheduled yet", unscheduled.length, unscheduledRows(found), "")}
        ${newest.length > 0 && section("Published last", undefined, newestRows(newest, now), "")}
        ${section("Latest builds", undefined, buildRows("./", recent, now), "Nothing was built here yet.")}
      </div>`,
  };
}

const shown = 20;

function health(
  { packages, published, resting, lastPublished, commit, isRunning, failing, waiting, building }: Overview,
  { reviews }: Reviews,
  now: number,
): Content {
  const last =
    lastPublished === null ? "nothing was published yet" : html`last published ${ago(lastPublished, now)}`;
  const unbuilt = [
    resting.onTrigger > 0 && `, ${counted(resting.onTrigger, "waits", "wait")} for a trigger`,
    resting.foreign > 0 && `, ${counted(resting.foreign, "is", "are")} for other architectures`,
  ];
  const untaken = waiting.filter(({ status, message }) => status === "ready" && message !== "").length;
  const others = `${failing.length === 0 ? "" : `; ${counted(failing.length, "fails", "fail")}`}${waiting.length === 0 ? "" : `; ${counted(waiting.length, "waits", "wait")}`}`;
  const isStill = building.some((build) => isStuck(build, now));
  const isWell = failing.length === 0 && published + resting.onTrigger + resting.foreign === packages;
  const tone = failing.length > 0 || isStill || untaken > 0 || !isRunning ? "bad" : isWell ? "good" : "calm";
  return html`<p class="health ${tone}">
    <strong>${published} of ${packages}</strong> packages are published as main has them (commit
    <code>${commit.slice(0, 10)}</code>)${unbuilt}${others}; ${last}.
    ${!isRunning && html` <strong>Nothing takes builds now: no <code>sluice up</code> is running.</strong>`}
    ${isRunning && untaken > 0 && html` <strong>No builder takes ${untaken} of what waits.</strong>`}
    ${isStill && html` <strong>A build seems to be stuck.</strong>`}
    ${reviews.length > 0 && html` <a href="./reviews">${counted(reviews.length, "update waits", "updates wait")} for a person.</a>`}
  </p>`;
}

export function section(title: Content, count: number | undefined, content: Content, none: string): Content {
  const isEmpty = count === 0;
  return html`<section>
    <h2>${title}${count !== undefined && count > 0 && html` <span class="count">${count}</span>`}</h2>
    ${isEmpty ? html`<p class="none">${none}</p>` : content}
  </section>`;
}

function newestRows(newest: Overview["newest"], now: number): Content {
  const rows = newest.map(({ name, version, pkgbase, publishedAt }) => [
    packageLink("./", pkgbase),
    name,
    version,
    publishedAt === null ? "" : ago(publishedAt, now),
  ]);
  return table(["Made by", "Package", "Version", "Published"], rows);
}

function failingRows({ failing }: Overview, now: number): Content {
  const rows = failing
    .slice(0, shown)
    .map(({ pkgbase, outcome, notStarted, since, message, build }) => [
      notStarted ? notStartedBadge : badge(outcome as "failed"),
      packageLink("./", pkgbase),
      html`<a href="./build/${build}">build ${build}</a>`,
      ago(since, now),
      message,
    ]);
  return [
    table(["Status", "Package", "Build", "First", "What"], rows, "builds"),
    failing.length > shown && html`<p><a href="./broken">All ${failing.length} that fail</a></p>`,
  ];
}

function unscheduledRows({ unscheduled }: Overview): Content {
  return table(
    ["Package", "Why"],
    unscheduled.slice(0, shown).map(({ pkgbase, reason }) => [packageLink("./", pkgbase), reason]),
  );
}
