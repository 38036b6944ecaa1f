import type { Build, PackageView } from "../api/schemas.ts";
import { dependencyDrawing } from "../markup/dependency-drawing.ts";
import { html, type Content } from "../markup/html.ts";
import { plot, type Bar } from "../markup/plot.ts";
import { actionsFor } from "./actions.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { ago, buildRows, bytes, duration, packageLinks, table, toneOf, wordFor } from "./parts.ts";

const states: Readonly<Record<PackageView["state"], readonly [tone: string, sentence: string]>> = {
  published: ["good", "Published as main has it"],
  failing: ["bad", "Not published: its last build failed"],
  pending: ["busy", "Not published yet: it is queued or being built"],
  "no-builder": ["bad", "Not published: no builder takes it"],
  "to-build": ["warn", "Not published as main has it, and not scheduled yet"],
  "on-trigger": ["calm", "Built on its trigger only"],
  "to-remove": ["warn", "No longer in main, and to be removed"],
};

/** What upstream and main have, what is published, and why they differ. */
export function packagePage(found: PackageView, repository: string, now: number, canAct: boolean): Page {
  const { pkgbase, published, needs, neededBy, builds, onTrigger, madeFrom, graph } = found;
  return {
    title: pkgbase,
    root: "../",
    scripts: ["live", ...(canAct ? (["actions"] as const) : [])],
    main: html`<h1>${pkgbase}</h1>
      <div data-live="package">
        ${whyNot(found, now)}
        <dl>
          ${versions(found, now)} ${fact("Makes", found.pkgnames.join(", "))}
          ${madeFrom !== null && fact("Made from commit", html`<code>${madeFrom}</code>`)}
          ${onTrigger !== null && fact("Trigger", onTrigger)} ${fact("Needs", list(needs))}
          ${fact("Needed by", list(neededBy))}
        </dl>
        ${
          published.length > 0 &&
          html`<section>
            <h2>Install</h2>
            <pre tabindex="0">
sudo pacman -Sy ${published.map(({ name }) => `${repository}/${name}`).join(" ")}</pre>
          </section>`
        }
        ${section("Published", published.length, publishedRows(found, now), "Nothing of it is published.")}
        ${history(builds)}
        ${section("Builds", builds.length, buildRows("../", builds, now), "It was never built here.")}
      </div>
      ${canAct && actionsFor(pkgbase, offers(found))}
      ${
        graph.nodes.length > 1 &&
        html`<section>
          <h2>Dependencies <span class="count">${graph.nodes.length - 1}</span></h2>
          <p class="none">
            What it needs is to the left, what needs it to the
            right${graph.left > 0 && `; ${graph.left} farther ones are left out`}.
          </p>
          ${dependencyDrawing(graph, (name) => `../package/${encodeURIComponent(name)}`)}
        </section>`
      }`,
  };
}

/** The state in one sentence, and everything that keeps it from being another. */
function whyNot({ state, why, held, review, causes, pkgbase, builds }: PackageView, now: number): Content {
  const isHeld = held !== null && state !== "published";
  const [tone, sentence] = isHeld ? ["warn", "Not built: somebody holds it"] : states[state];
  const last = builds[0];
  const others: Content[] = [
    ...(state === "failing" && last
      ? [
          html`<a href="../build/${last.id}">What build ${last.id} said</a>,
            ${ago(last.finishedAt ?? now, now)}.`,
        ]
      : []),
    ...causes.map(
      ({ pkgbase: cause, outcome, build }) =>
        html`${packageLinks("../", [cause])}
        ${outcome === "timed-out" ? "timed out" : outcome}${build !== null && html`: <a href="../build/${build}">see why in build ${build}</a>`}.
        It is built once that is mended.`,
    ),
    ...(held === null ? [] : [html`Held by hand (${held}): it isn't built until somebody lets it go.`]),
    ...(review === null
      ? []
      : [
          html`An update (${review.versions}) waits for a person for ${duration(now - review.openedAt)}:
            <a href="../reviews/${encodeURIComponent(pkgbase)}">see what is to be looked at</a>.`,
        ]),
  ];
  return html`<div class="health ${tone}">
    <strong>${sentence}.</strong> ${isHeld ? "" : why}
    ${
      others.length > 0 &&
      html`<ul>
        ${others.map((text) => html`<li>${text}</li>`)}
      </ul>`
    }
  </div>`;
}

function versions({ state, version, published, review, upstream, arch }: PackageView, now: number): Content {
  const upstreamHas =
    review === null
      ? upstream === null
        ? "not followed, or not looked at yet"
        : html`<code>${upstream}</code>, taken or looked at`
      : `${review.versions.split(" → ").at(-1)}, held for ${duration(now - review.openedAt)}`;
  const all = [...new Set(published.map((one) => one.version))].join(", ");
  return [
    fact("Upstream has", upstreamHas),
    fact(
      "Main has",
      state === "to-remove" ? "nothing any more" : (version ?? "a version that only a build finds out"),
    ),
    fact(`Published (${arch})`, all === "" ? "nothing" : all),
  ];
}

function fact(term: string, value: Content): Content {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;
}

function list(names: readonly string[]): Content {
  return names.length === 0 ? "nothing of this workspace" : packageLinks("../", names);
}

/** How long builds took and how large they came out, the oldest to the left. */
function history(builds: readonly Build[]): Content {
  const old = builds.toReversed();
  const took = old.flatMap((build): Bar[] => {
    const { id, startedAt, finishedAt, status } = build;
    if (startedAt === null || finishedAt === null) return [];
    const value = finishedAt - startedAt;
    return [
      {
        value,
        tone: toneOf(status),
        href: `../build/${id}`,
        label: `build ${id}: ${wordFor(status)}, ${duration(value)}`,
      },
    ];
  });
  const sizes = old.flatMap(({ id, bytes: value }): Bar[] =>
    value === null
      ? []
      : [{ value, tone: "busy", href: `../build/${id}`, label: `build ${id}: ${bytes(value)}` }],
  );
  return html`<div class="plots">
    ${
      took.length > 1 &&
      html`<section>
        <h2>How long builds took</h2>
        ${plot("How long builds took", took)}
      </section>`
    }
    ${
      sizes.length > 1 &&
      html`<section>
        <h2>Size</h2>
        ${plot("Size of its packages", sizes)}
      </section>`
    }
  </div>`;
}

function offers({ state, held }: PackageView): Parameters<typeof actionsFor>[1] {
  return [
    ["build", state === "failing" ? "Try again" : "Build again"],
    ...(state === "pending" || state === "no-builder" ? [["cancel", "Cancel its build"] as const] : []),
    ...(state === "failing" ? [["set-aside", "Set the failure aside"] as const] : []),
    held === null ? ["hold", "Hold it"] : ["hold", "Let it go", "undo"],
  ];
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
