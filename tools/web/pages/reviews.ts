import type { Review, Reviews, ShownReview } from "../api/schemas.ts";
import { codeSpans } from "../markup/code-spans.ts";
import { difference, visible } from "../markup/difference.ts";
import { html, type Content } from "../markup/html.ts";
import type { Page } from "./layout.ts";
import { ago, counted, duration, packageLink } from "./parts.ts";

const tones = { dangerous: "bad", major: "warn", minor: "calm" } as const;
const severities = { danger: "bad", review: "warn", info: "calm" } as const;
const words = { danger: "dangerous", review: "to look at", info: "to know" } as const;

/** What the gate holds, worst first. */
export function reviewsPage({ asOf, problem, reviews }: Reviews, now: number): Page {
  const state =
    asOf === null
      ? problem === null
        ? "It is still being looked at; come again in a moment."
        : ""
      : html`${reviews.length === 0 ? "No update waits for a person" : `${counted(reviews.length, "update waits", "updates wait")} for a person, the worst first`},
        as of ${ago(asOf, now)}.`;
  return {
    title: "Reviews",
    root: "./",
    current: "reviews",
    main: html`<h1>Reviews</h1>
      ${problem !== null && html`<p class="health warn">What is open can't be asked for: ${problem}</p>`}
      <p class="${reviews.length === 0 && asOf !== null && "health good"}">${state}</p>
      ${reviews.map(
        (review) =>
          html`<section class="card">
            <h2>
              ${verdictBadge(review)}
              <a href="./reviews/${encodeURIComponent(review.pkgbase)}">${review.pkgbase}</a>
              <small>${review.versions}</small>
            </h2>
            ${waits(review, now)} ${lookAtFirst(review, 3, html`<h3>Look at first</h3>`)}
            ${findingsList(review.findings.slice(0, 5))}
            ${review.findings.length > 5 && html`<p class="none">${review.findings.length - 5} more</p>`}
          </section>`,
      )}`,
  };
}

/** One held update, old and new beside each other. */
export function reviewPage(review: ShownReview, now: number): Page {
  const files = review.files.map((file) => difference(file)).filter((one) => one !== undefined);
  return {
    title: `Review of ${review.pkgbase}`,
    root: "../",
    current: "reviews",
    main: html`<h1>${review.pkgbase} <small>${review.versions}</small></h1>
      <p>${verdictBadge(review)} An update that the gate held.</p>
      ${waits(review, now)}
      <p>
        ${packageLink("../", review.pkgbase)} · accept it with
        <code>sluice review accept ${review.pkgbase}</code>, refuse it with
        <code>sluice review refuse ${review.pkgbase}</code>${review.url !== null && " or on the forge"}
      </p>
      ${lookAtFirst(review, 50, html`<h2>Look at first</h2>`)}
      <h2>Findings</h2>
      ${review.findings.length === 0 ? html`<p class="none">None: it waits because of a setting.</p>` : findingsList(review.findings)}
      ${review.evidence.map(evidenceSection)}
      <h2>What changes</h2>
      ${files.length === 0 ? html`<p class="none">Nothing of it can be shown as text.</p>` : files}`,
  };
}

function verdictBadge({ verdict }: Review): Content {
  return html`<span class="badge ${verdict === null ? "calm" : tones[verdict]}"
    >${verdict ?? "not judged"}</span
  >`;
}

function waits({ openedAt, url, branch }: Review, now: number): Content {
  const where =
    url === null
      ? html`on the branch <code>${branch}</code>`
      : html`<a href="${url}" rel="noreferrer">in its pull or merge request</a>`;
  return html`<p>Waits for ${duration(now - openedAt)} ${where}.</p>`;
}

/** What was found out beside the recipe, as far as it stands out. */
function lookAtFirst({ evidence }: Review, most: number, heading: Content): Content {
  const sentences = evidence.flatMap(({ first }) => first);
  if (sentences.length === 0) return "";
  const more = sentences.length - most;
  return html`${heading} ${sentenceList(sentences.slice(0, most))}
  ${more > 0 && html`<p class="none">${more} more</p>`}`;
}

function evidenceSection({ title, lines }: Review["evidence"][number]): Content {
  return html`<details class="file">
    <summary>${title} (${lines.length})</summary>
    ${sentenceList(lines)}
  </details>`;
}

function sentenceList(lines: readonly string[]): Content {
  return html`<ul class="findings">
    ${lines.map((line) => html`<li>${codeSpans(line)}</li>`)}
  </ul>`;
}

function findingsList(findings: Review["findings"]): Content {
  return html`<ul class="findings">
    ${findings.map(({ severity, message, file, line }) => {
      const place = file === null ? "" : ` (${visible(file)}${line === null ? "" : `, line ${line}`})`;
      return html`<li>
        <span class="badge ${severities[severity]}">${words[severity]}</span> ${visible(message)}${place}
      </li>`;
    })}
  </ul>`;
}
