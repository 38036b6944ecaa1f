import type { PackageView } from "../api/package-schemas.ts";
import type { Build } from "../api/schemas.ts";
import { dependencyDrawing } from "../markup/dependency-drawing.ts";
import { html, type Content } from "../markup/html.ts";
import { plot, type Bar } from "../markup/plot.ts";
import { actionsFor, type Offer } from "./actions.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { headline, stateBadge, toneOfPackage } from "./package-state.ts";
import { ago, buildRows, bytes, duration, packageLinks, table, toneOf, wordFor } from "./parts.ts";

interface About {
  /** The package repository's name. */
  readonly repository: string;
  /** By which address clients come; undefined: nothing can be changed here. */
  readonly address: string | undefined;
}

/** What upstream and main have, what is published, and why they differ. */
export function packagePage(found: PackageView, { repository, address }: About, now: number): Page {
  const { pkgbase, published, needs, neededBy, builds, onTrigger, madeFrom, graph } = found;
  const names = [...new Set(published.map(({ name }) => `${repository}/${name}`))];
  return {
    title: pkgbase,
    root: "../",
    scripts: ["live", ...(address === undefined ? [] : (["actions"] as const))],
    main: html`<h1>${pkgbase}</h1>
      <div data-live="package">
        ${whyNot(found, now)} ${found.standings.length > 1 && architectures(found)}
        <dl>
          ${versions(found, now)} ${fact("Makes", found.pkgnames.join(", "))}
          ${madeFrom !== null && fact("Made from commit", html`<code>${madeFrom}</code>`)}
          ${onTrigger !== null && fact("Trigger", onTrigger)} ${fact("Needs", list(needs))}
          ${fact("Needed by", list(neededBy))}
        </dl>
        ${
          names.length > 0 &&
          html`<section>
            <h2>Install</h2>
            <pre tabindex="0">sudo pacman -Syu ${names.join(" ")}</pre>
          </section>`
        }
        ${section("Published", published.length, publishedRows(found, now), "Nothing of it is published.")}
        ${history(builds)}
        ${section("Builds", builds.length, buildRows("../", builds, now), "It was never built here.")}
      </div>
      ${address !== undefined && actionsFor(offers(found), address)}
      ${
        graph.nodes.length > 1 &&
        html`<section>
          <h2>Dependencies <span class="count">${graph.nodes.length - 1}</span></h2>
          <p class="none">
            What it needs is to the left, what needs it to the
            right${graph.left > 0 && `; ${graph.left} farther ones are left out`}. Green is published, blue
            queued or being built, red failed or blocked, grey not as main has it.
          </p>
          ${dependencyDrawing(graph, (name) => `../package/${encodeURIComponent(name)}`)}
        </section>`
      }`,
  };
}

/** The state in one sentence, and everything that keeps it from being another. */
function whyNot(found: PackageView, now: number): Content {
  const { state, why, held, review, reviewsAsOf, causes, pkgbase, builds } = found;
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
    ...(held === null || state === "held"
      ? []
      : [html`Held by hand (${held}): it isn't built until somebody lets it go.`]),
    ...(reviewsAsOf === null
      ? ["Whether an update of it waits for a person is still being looked at; come again in a moment."]
      : []),
    ...(review === null
      ? []
      : [
          html`An update (${review.versions}) waits for a person for ${duration(now - review.openedAt)}:
            <a href="../reviews/${encodeURIComponent(pkgbase)}">see what is to be looked at</a>.`,
        ]),
  ];
  return html`<div class="health ${toneOfPackage(found)}">
    <strong>${headline(found)}.</strong> ${state !== "blocked" && why}
    ${
      others.length > 0 &&
      html`<ul>
        ${others.map((text) => html`<li>${text}</li>`)}
      </ul>`
    }
  </div>`;
}

function architectures({ standings }: PackageView): Content {
  const rows = standings.map(({ arch, state, why, version }) => [
    arch,
    stateBadge(state),
    version ?? "nothing",
    why,
  ]);
  return section(
    "For each architecture",
    undefined,
    table(["Architecture", "Status", "Published", "Why"], rows),
    "",
  );
}

function versions({ state, version, standings, review, upstream }: PackageView, now: number): Content {
  const upstreamHas =
    review === null
      ? upstream === null
        ? "not followed, or not looked at yet"
        : html`<code>${upstream}</code>, taken or looked at`
      : `${review.versions.split(" → ").at(-1)}, held for ${duration(now - review.openedAt)}`;
  const all = [...new Set(standings.flatMap((one) => one.version ?? []))].join(", ");
  return [
    fact("Upstream has", upstreamHas),
    fact(
      "Main has",
      state === "to-remove" ? "nothing any more" : (version ?? "a version that only a build finds out"),
    ),
    fact("Published", all === "" ? "nothing" : all),
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

const queued = new Set<PackageView["state"]>(["blocked", "no-builder", "building", "waiting", "queued"]);
/** Where asking for a build changes nothing. */
const inVain = new Set<PackageView["state"]>(["not-started", "to-remove", "foreign", "held"]);

function offers({ pkgbase: of, state, held, builds, published }: PackageView): Offer[] {
  const isQueued = queued.has(state);
  const again = builds.length === 0 ? "Build it" : "Build it again";
  return [
    ...(isQueued || inVain.has(state)
      ? []
      : [{ action: "build", of, label: state === "failing" ? "Try again" : again } as const]),
    ...(isQueued ? [{ action: "cancel", of, label: "Cancel its build" } as const] : []),
    ...((state === "failing" || state === "not-started") && published.length > 0
      ? [{ action: "set-aside", of, label: "Build what waits for it with what is published" } as const]
      : []),
    held === null
      ? { action: "hold", of, label: "Hold it" }
      : { action: "hold", of, label: "Let it go", undo: true },
  ];
}

function publishedRows({ published }: PackageView, now: number): Content {
  return table(
    ["Package", "Version", "Architecture", "Published"],
    published.map(({ name, version, arch, publishedAt }) => [
      name,
      version,
      arch,
      publishedAt === null ? "" : ago(publishedAt, now),
    ]),
  );
}
