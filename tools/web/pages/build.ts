import type { Build } from "../api/schemas.ts";
import type { LogLine } from "../log/lines.ts";
import { html, type Content } from "./html.ts";
import type { Page } from "./layout.ts";
import { ago, badge, duration, packageLink } from "./parts.ts";

/** The end of a log, from the beginning of a line on. */
export interface ShownLog {
  readonly lines: readonly LogLine[];
  /** The number of its first line, from 1. */
  readonly first: number;
  /** Where the next line begins, in bytes: what the live log goes on from. */
  readonly end: number;
}

const isOver = ({ finishedAt }: Build): boolean => finishedAt !== null;

export function buildPage(build: Build, log: ShownLog | undefined, now: number): Page {
  const { id, pkgbase, commit, reasons, worker, message, queuedAt, startedAt, finishedAt, expectedMs } =
    build;
  const facts: (readonly [string, Content])[] = [
    ["Package", packageLink("../", pkgbase)],
    ["Commit", html`<code>${commit}</code>`],
    ["Why", reasons.join("; ")],
    ["Queued", ago(queuedAt, now)],
    ["Builder", worker ?? "none yet"],
    [
      isOver(build) ? "Took" : "Building for",
      startedAt === null ? "not begun" : duration((finishedAt ?? now) - startedAt),
    ],
    ...(expectedMs === null || isOver(build) ? [] : [["Last time", duration(expectedMs)] as const]),
    ...(finishedAt === null ? [] : [["Ended", ago(finishedAt, now)] as const]),
  ];
  return {
    title: `${pkgbase}, build ${id}`,
    root: "../",
    script: "log",
    main: html`<h1>${pkgbase} <small>build ${id}</small></h1>
      <div id="status"><p>${badge(build.status)} ${message}</p></div>
      <dl>
        ${facts.map(
          ([term, fact]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${fact}</dd>
            </div>`,
        )}
      </dl>
      <h2>Log</h2>
      ${renderLog(build, log)}`,
  };
}

function renderLog(build: Build, log: ShownLog | undefined): Content {
  const { lines, first, end } = log ?? { lines: [], first: 1, end: 0 };
  if (!log && isOver(build)) return html`<p class="none">There is no log of it, or it is kept no longer.</p>`;
  const firstError = lines.findIndex(({ kind }) => kind === "error");
  return html`<p class="tools" id="tools">
      <a href="../api/builds/${build.id}/log">Whole log as text</a>
      ${firstError !== -1 && html`<a href="#L${first + firstError}">First error</a>`}
      ${first > 1 && html`<span>The first ${first - 1} lines are left out here.</span>`}
    </p>
    <div
      class="log"
      id="log"
      tabindex="0"
      role="region"
      aria-label="Log"
      data-live="${isOver(build) ? "" : `../api/builds/${build.id}/log/live`}"
      data-end="${end}"
      data-next="${first + lines.length}"
    >
      ${lines.map((line, n) => renderLine(line, first + n))}
    </div>`;
}

function renderLine({ pieces, kind }: LogLine, number: number): Content {
  const text = pieces.map(([piece, style]) =>
    style === "" ? piece : html`<span class="${style}">${piece}</span>`,
  );
  return html`<div class="line ${kind}" id="L${number}">
    <a href="#L${number}">${number}</a><span>${text}</span>
  </div>`;
}
