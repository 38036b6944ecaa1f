import type { Build } from "../api/schemas.ts";
import type { LogLine } from "../log/lines.ts";
import type { LogIndex, Mark } from "../log/log-index.ts";
import type { LogPart } from "../log/log-part.ts";
import type { Search } from "../log/log-search.ts";
import { html, type Content } from "../markup/html.ts";
import { duration } from "./parts.ts";

/** A log as a page shows it. */
export interface ShownLog {
  readonly part: LogPart;
  readonly index: LogIndex;
  readonly times: readonly (readonly [from: number, at: number])[];
  /** What somebody looked for, and where it is. */
  readonly search: { readonly wanted: string; readonly found: Search } | undefined;
}

const isOver = ({ finishedAt }: Build): boolean => finishedAt !== null;

export function logView(build: Build, log: ShownLog | undefined): Content {
  if (!log && isOver(build)) return html`<p class="none">There is no log of it, or it is kept no longer.</p>`;
  const { part, index } = log ?? { part: { lines: [], first: 1, end: 0, isEnd: true }, index: undefined };
  const isLive = !isOver(build) && part.isEnd;
  return html`${log && contents(build, log)} ${searchForm(log)} ${log && pager(log)}
    <div
      class="log"
      id="log"
      tabindex="0"
      role="region"
      aria-label="Log"
      data-live="${isLive ? `../api/builds/${build.id}/log/live` : ""}"
      data-end="${part.end}"
      data-next="${part.first + part.lines.length}"
      data-first="${part.first}"
      data-lines="${index?.lines ?? 0}"
    >
      ${renderLines(build, log, part)}
    </div>`;
}

/** Phases with how long each took, and errors: where to go in a log that is long. */
function contents(build: Build, { index, times }: ShownLog): Content {
  const { phases, errors } = index;
  const found = errors.filter(({ text }) => !text.startsWith(":: "));
  return html`<div class="contents">
    ${
      phases.length > 0 &&
      html`<details>
        <summary>${phases.length} phases</summary>
        <ol>
          ${phases.map((phase, n) => html`<li>${markLink(phase)} ${took(build, times, phase, phases[n + 1])}</li>`)}
        </ol>
      </details>`
    }
    ${
      found.length > 0 &&
      html`<details ${found.length <= 5 && html`open`}>
        <summary>${found.length} ${found.length === 1 ? "error" : "errors"}</summary>
        <ol>
          ${found.map((mark) => html`<li>${markLink(mark)}</li>`)}
        </ol>
      </details>`
    }
  </div>`;
}

function markLink({ line, text }: Mark): Content {
  return html`<a href="?line=${line}#L${line}"><span class="number">${line} </span>${text.slice(0, 160)}</a>`;
}

function took(build: Build, times: ShownLog["times"], phase: Mark, next: Mark | undefined): Content {
  const begun = timeAt(times, phase.offset);
  const ended = next ? timeAt(times, next.offset) : build.finishedAt;
  if (begun === undefined || ended === undefined || ended === null) return "";
  return html`<span class="count">${duration(Math.max(0, ended - begun))}</span>`;
}

/** When that byte was written. */
export function timeAt(times: ShownLog["times"], offset: number): number | undefined {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]![0] <= offset) low = middle + 1;
    else high = middle;
  }
  return times[low - 1]?.[1];
}

function searchForm(log: ShownLog | undefined): Content {
  const search = log?.search;
  const hits = search?.found.hits ?? [];
  return html`<form class="tools" id="tools" role="search">
      <label for="search">Search the log</label>
      <input id="search" name="search" type="search" value="${search?.wanted}" autocomplete="off" />
      <button>Search</button>
      <a href="?line=1">Beginning</a> <a href="?">End</a>
    </form>
    ${
      search &&
      html`<div class="hits" role="status">
        <p>
          ${hits.length === 0 ? "Nothing" : hits.length}
          found${search.found.from > 1 && `, from line ${search.found.from} on`}.
        </p>
        <ol>
          ${hits.map((mark) => html`<li>${markLink(mark)}</li>`)}
        </ol>
      </div>`
    }`;
}

/** How many lines there are before and after, and how to get there. */
function pager({ part: { first, lines, isEnd }, index }: ShownLog): Content {
  const last = first + lines.length - 1;
  if (first === 1 && isEnd) return undefined;
  return html`<p class="tools">
    <span>Lines ${first} to ${last} of ${index.lines}</span>
    ${first > 1 && html`<a href="?line=${Math.max(1, first - lines.length + 100)}">Earlier</a>`}
    ${!isEnd && html`<a href="?line=${last + 100}">Later</a>`}
  </p>`;
}

/** Lines below their phases, which fold. */
function renderLines(build: Build, log: ShownLog | undefined, { lines, first }: LogPart): Content {
  const groups: { head?: { readonly number: number; readonly summary: Content }; body: Content[] }[] = [];
  for (const [n, line] of lines.entries()) {
    const number = first + n;
    if (line.kind === "phase") {
      const summary = renderSummary(line, number, tookOf(build, log, number));
      groups.push({ head: { number, summary }, body: [] });
      continue;
    }
    if (groups.length === 0) groups.push({ body: [] });
    groups.at(-1)!.body.push(renderLine(line, number));
  }
  return groups.map(({ head, body }) =>
    head === undefined
      ? html`<div>${body}</div>`
      : html`<div class="phase">
          <a href="#L${head.number}">${head.number}</a>
          <details open>${head.summary}${body}</details>
        </div>`,
  );
}

/** The link of its number stands beside what folds: nothing else that is clicked may lie in it. */
function renderSummary({ pieces }: LogLine, number: number, more: Content): Content {
  return html`<summary class="line phase" id="L${number}">
    <span></span><span>${renderPieces(pieces)} ${more}</span>
  </summary>`;
}

function tookOf(build: Build, log: ShownLog | undefined, line: number): Content {
  const at = log ? log.index.phases.findIndex((phase) => phase.line === line) : -1;
  if (!log || at === -1) return undefined;
  return took(build, log.times, log.index.phases[at]!, log.index.phases[at + 1]);
}

function renderLine({ pieces, kind }: LogLine, number: number): Content {
  return html`<div class="line ${kind}" id="L${number}">
    <a href="#L${number}">${number}</a><span>${renderPieces(pieces)}</span>
  </div>`;
}

function renderPieces(pieces: LogLine["pieces"]): Content {
  return pieces.map(([piece, style]) =>
    style === "" ? piece : html`<span class="${style}">${piece}</span>`,
  );
}
