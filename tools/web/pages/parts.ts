import type { Build } from "../api/schemas.ts";
import { html, type Content, type Html } from "../markup/html.ts";

/** What several pages share. `root` leads from the page to the overview. */
type Root = "./" | "../";

/** Leads from the page to the overview of the repository that a build is for. */
export type HomeOf = (build: Pick<Build, "target">) => string;

export function packageLink(root: string, pkgbase: string): Html {
  return html`<a href="${root}package/${encodeURIComponent(pkgbase)}">${pkgbase}</a>`;
}

export function packageLinks(root: Root, names: readonly string[]): Content {
  return names.map((name, n) => [n > 0 && ", ", packageLink(root, name)]);
}

const tones: Partial<Record<Build["status"], Tone>> = {
  active: "busy",
  built: "good",
  "already-built": "good",
  skipped: "good",
  failed: "bad",
  "timed-out": "bad",
  cancelled: "bad",
  lost: "bad",
  blocked: "warn",
  held: "warn",
};

const words: Partial<Record<Build["status"], string>> = {
  active: "building",
  ready: "next",
  delayed: "lost, tried again",
  "already-built": "already built",
  "timed-out": "timed out",
};

export type Tone = "good" | "bad" | "busy" | "warn" | "calm";

export const toneOf = (status: Build["status"]): Tone => tones[status] ?? "calm";
export const wordFor = (status: Build["status"]): string => words[status] ?? status;

export function badge(status: Build["status"]): Html {
  return html`<span class="badge ${toneOf(status)}">${wordFor(status)}</span>`;
}

/** Of what failed before anything was built. */
export const notStartedBadge = html`<span class="badge bad">not started</span>`;

/** It failed without having begun: there was a reason not to build at all. */
export function isNotStarted({ status, startedAt }: Pick<Build, "status" | "startedAt">): boolean {
  return status === "failed" && startedAt === null;
}

/** Thrice as long as the last time, and longer than anybody waits without a thought. */
export function isStuck({ startedAt, finishedAt, expectedMs }: Build, now: number): boolean {
  if (startedAt === null || finishedAt !== null || expectedMs === null) return false;
  return now - startedAt > Math.max(3 * expectedMs, 15 * 60_000);
}

/** Rows of a table; its wrapper scrolls where the screen is narrower than what a cell can be broken to. */
export function table(headings: readonly string[], rows: readonly (readonly Content[])[], name = ""): Html {
  const cells = (row: readonly Content[]): Content =>
    row.map((cell, n) => html`<td data-label="${headings[n]}">${cell}</td>`);
  return html`<table class="${name}">
    <thead>
      <tr>
        ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${cells(row)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}

/** @param more `class`: which builders may take each */
export function buildRows(home: Root | HomeOf, builds: readonly Build[], now: number, more?: "class"): Html {
  const rootOf: HomeOf = typeof home === "string" ? () => home : home;
  const rows = builds.map((build) => [
    standing(build, now),
    builtLink(rootOf(build), build),
    html`<a href="${rootOf(build)}build/${build.id}">build ${build.id}</a>`,
    whenOf(build, now),
    whatOf(build, more),
  ]);
  return table(["Status", "Package", "Build", "When", "What"], rows, "builds");
}

/** The package, or the job of a release: no package repository's name has a `/`. */
function builtLink(root: string, { target, pkgbase }: Pick<Build, "target" | "pkgbase">): Content {
  if (!target.includes("/")) return packageLink(root, pkgbase);
  return [html`<a href="${root}repository">${target}</a>`, ` ${pkgbase}`];
}

/** Of what waits both: for what, and why it is to be built at all. */
function whatOf({ finishedAt, message, reasons, class: wanted }: Build, more: "class" | undefined): Content {
  const why = reasons.join("; ");
  const ofClass = more && wanted !== null && ` (class ${wanted})`;
  if (message === "") return [why, ofClass];
  return finishedAt === null ? [message, ofClass, html` <small>${why}</small>`] : message;
}

/** How a build stands, in a word; of what is ready that nobody takes it. */
export function standing(build: Build, now: number): Html {
  if (isNotStarted(build)) return notStartedBadge;
  if (isStuck(build, now)) return html`<span class="badge bad">stuck?</span>`;
  // What is ready says something only where nobody takes it.
  if (build.status === "ready" && build.message !== "")
    return html`<span class="badge warn">no builder</span>`;
  return badge(build.status);
}

function whenOf(build: Build, now: number): Content {
  const { startedAt, finishedAt, queuedAt } = build;
  if (finishedAt !== null) {
    const took = startedAt === null ? "" : `, took ${duration(finishedAt - startedAt)}`;
    return [ago(finishedAt, now), took];
  }
  if (startedAt === null) return `for ${duration(now - queuedAt)}`;
  return `for ${duration(now - startedAt)}${timeLeft(build, now)}`;
}

/** How long a build under way goes on, by how long the last good one took; empty where that isn't known. */
export function timeLeft({ startedAt, finishedAt, expectedMs }: Build, now: number): string {
  if (startedAt === null || finishedAt !== null || expectedMs === null) return "";
  const left = startedAt + expectedMs - now;
  return left > 0 ? `, about ${duration(left)} left` : ", longer than last time";
}

export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** `1 package`, `3 packages` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `5 min ago`, with the moment itself for machines and for who points at it. */
export function ago(time: number, now: number): Html {
  const moment = new Date(time).toISOString();
  return html`<time datetime="${moment}" title="${moment.slice(0, 16).replace("T", " ")} UTC"
    >${duration(now - time)} ago</time
  >`;
}

/** A stretch of time in one or two units: `8 s`, `3 min 5 s`, `2 h 4 min`, `3 days`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3600) return inTwo(seconds, 60, "min", 1, "s");
  if (seconds < 48 * 3600) return inTwo(seconds, 3600, "h", 60, "min");
  return `${Math.floor(seconds / 86_400)}\u00a0days`;
}

/** `980 B`, `12.3 MiB` */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

function inTwo(seconds: number, large: number, unit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}\u00a0${unit}${rest === 0 ? "" : ` ${rest}\u00a0${smallUnit}`}`;
}
