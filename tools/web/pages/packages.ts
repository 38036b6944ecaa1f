import type { FoundPackages } from "../api/package-schemas.ts";
import { html } from "../markup/html.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { stateBadge } from "./package-state.ts";
import { packageLink, table } from "./parts.ts";

/** How many of them a page shows. */
export const shownPackages = 200;

/** Every package of main, published or not, whose name has `search` in it. */
export function packagesPage({ total, packages }: FoundPackages, search: string): Page {
  const rows = packages.map(({ pkgbase, pkgnames, version, published, state, why }) => {
    const others = pkgnames.filter((name) => name !== pkgbase);
    return [
      stateBadge(state),
      [packageLink("./", pkgbase), others.length > 0 && html` <small>makes ${others.join(", ")}</small>`],
      version ?? "",
      published ?? "nothing",
      why,
    ];
  });
  const title = search === "" ? "All packages" : html`Packages with <q>${search}</q> in their name`;
  const listed = table(["Status", "Package", "Main has", "Published", "Why"], rows, "packages");
  return {
    title: search === "" ? "Packages" : `Packages: ${search}`,
    root: "./",
    current: "packages",
    search,
    main: html`<h1>Packages</h1>
      ${section(title, total, listed, "No package of the workspace is called so, nor anything that one makes.")}
      ${total > packages.length && html`<p class="none">${total - packages.length} more; look for a part of a name.</p>`}`,
  };
}
