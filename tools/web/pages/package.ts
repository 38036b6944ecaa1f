import type { PackageView } from "../api/schemas.ts";
import { html, type Content } from "./html.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { ago, buildRows, packageLinks, table } from "./parts.ts";

const states: Readonly<Record<PackageView["state"], readonly [tone: string, sentence: string]>> = {
  published: ["good", "Published as main has it"],
  failing: ["bad", "Not published: its last build failed"],
  pending: ["busy", "Not published yet: it is queued or being built"],
  "to-build": ["warn", "Not published as main has it, and not scheduled yet"],
  "on-trigger": ["calm", "Built on its trigger only"],
  "to-remove": ["warn", "No longer in main, and to be removed"],
};

/** What main has, what is published, and why they differ. */
export function packagePage(found: PackageView, repository: string, now: number): Page {
  const { pkgbase, state, why, version, published, needs, neededBy, builds, onTrigger, madeFrom } = found;
  const [tone, sentence] = states[state];
  return {
    title: pkgbase,
    root: "../",
    script: "live",
    main: html`<h1>${pkgbase}</h1>
      <div data-live="package">
        <p class="health ${tone}"><strong>${sentence}.</strong> ${why}</p>
        <dl>
          <div>
            <dt>Main has</dt>
            <dd>
              ${state === "to-remove" ? "nothing any more" : (version ?? "a version that only a build finds out")}
            </dd>
          </div>
          <div>
            <dt>Makes</dt>
            <dd>${found.pkgnames.join(", ")}</dd>
          </div>
          ${
            madeFrom !== null &&
            html`<div>
              <dt>Made from commit</dt>
              <dd><code>${madeFrom}</code></dd>
            </div>`
          }
          ${
            onTrigger !== null &&
            html`<div>
              <dt>Trigger</dt>
              <dd>${onTrigger}</dd>
            </div>`
          }
          <div>
            <dt>Needs</dt>
            <dd>${list(needs)}</dd>
          </div>
          <div>
            <dt>Needed by</dt>
            <dd>${list(neededBy)}</dd>
          </div>
        </dl>
        ${section("Published", published.length, publishedRows(found, now), "Nothing of it is published.")}
        ${
          published.length > 0 &&
          html`<section>
            <h2>Install</h2>
            <pre tabindex="0">
sudo pacman -Sy ${published.map(({ name }) => `${repository}/${name}`).join(" ")}</pre>
          </section>`
        }
        ${section("Builds", builds.length, buildRows("../", builds, now), "It was never built here.")}
      </div>`,
  };
}

function list(names: readonly string[]): Content {
  return names.length === 0 ? "nothing of this workspace" : packageLinks("../", names);
}

function publishedRows({ published }: PackageView, now: number): Content {
  return table(
    ["Package", "Version", "Architecture", "Built"],
    published.map(({ name, version, arch, builtAt }) => [
      name,
      version,
      arch,
      builtAt === null ? "" : ago(builtAt, now),
    ]),
  );
}
