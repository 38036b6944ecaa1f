import { html, type Content, type Html } from "../markup/html.ts";
import type { Site } from "../source.ts";

/** A page: where it is, what it is called, and what it shows. */
export interface Page {
  readonly title: string;
  /** From this page to the overview: `./` or `../`, so that any prefix of a reverse proxy will do. */
  readonly root: "./" | "../";
  readonly current?: (typeof places)[number][0];
  /** What somebody looks for, for the field in the header. */
  readonly search?: string;
  readonly main: Content;
  readonly scripts?: readonly ("live" | "log" | "actions")[];
}

const places = [
  ["overview", "", "Overview"],
  ["broken", "broken", "Broken"],
  ["reviews", "reviews", "Reviews"],
  ["queue", "queue", "Queue"],
  ["packages", "packages", "Packages"],
  ["repository", "repository", "Repository"],
] as const;

/** @param others other package repositories of the same manager */
export function renderPage(
  { title, root, current, search, main, scripts = [] }: Page,
  repository: string,
  others: readonly Site[],
): string {
  const links = places.map(
    ([place, path, label]) =>
      html`<a href="${root}${path}" ${place === current && html` aria-current="page"`}>${label}</a>`,
  );
  const page: Html = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${repository}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${root}assets/style.css" />
        <link rel="alternate" type="application/atom+xml" title="New packages" href="${root}feed.atom" />
        ${scripts.map((script) => html`<script type="module" src="${root}assets/${script}.js"></script>`)}
      </head>
      <body>
        <header>
          <a class="home" href="${root}">${repository}</a>
          <nav aria-label="Pages">${links}</nav>
          ${
            others.length > 0 &&
            html`<nav aria-label="Other repositories">
              ${others.map(({ path, source }) => html`<a href="${root}${path}">${source.name}</a>`)}
            </nav>`
          }
          <form class="find" role="search" aria-label="Packages" action="${root}packages">
            <input
              name="search"
              type="search"
              value="${search}"
              aria-label="Find a package"
              placeholder="Find a package"
              autocomplete="off"
            />
            <button>Find</button>
          </form>
        </header>
        <main id="main">${main}</main>
      </body>
    </html> `;
  return page.text;
}
