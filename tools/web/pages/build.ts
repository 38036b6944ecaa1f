import type { PackageView } from "../api/package-schemas.ts";
import type { Build, Namcap } from "../api/schemas.ts";
import { html, type Content, type Html } from "../markup/html.ts";
import { actionsFor, type Offer } from "./actions.ts";
import type { Page } from "./layout.ts";
import { logView, type ShownLog } from "./log-view.ts";
import {
  ago,
  bytes,
  duration,
  isNotStarted,
  packageLink,
  standing,
  table,
  timeLeft,
  type Tone,
} from "./parts.ts";

type NamcapLine = Namcap["lines"][number];

const isOver = ({ finishedAt }: Build): boolean => finishedAt !== null;

interface About {
  readonly log: ShownLog | undefined;
  /** Undefined: main has no such package any more, and none is published. */
  readonly pkg: PackageView | undefined;
  /** Main's commit. */
  readonly main: string;
  readonly namcap: Namcap | undefined;
  /** By which address clients come; undefined: nothing can be changed here. */
  readonly address: string | undefined;
}

/** What a build is about, what came of it, what a retry would do, and its log. */
export function buildPage(build: Build, { log, pkg, main, namcap, address }: About, now: number): Page {
  const { id, pkgbase, arch, commit, reasons, worker, message } = build;
  const { queuedAt, startedAt, finishedAt, expectedMs } = build;
  const facts: (readonly [string, Content])[] = [
    ["Package", packageLink("../", pkgbase)],
    ["Commit", html`<code>${commit}</code>`],
    ["Why", reasons.join("; ")],
    ["Queued", ago(queuedAt, now)],
    ["For", [arch, build.class !== null && `, class ${build.class}`]],
    ...(worker === null || isNotStarted(build) ? [] : [["Builder", worker] as const]),
    ...(startedAt === null
      ? []
      : [
          [
            isOver(build) ? "Took" : "Building for",
            [duration((finishedAt ?? now) - startedAt), timeLeft(build, now)],
          ] as const,
        ]),
    ...(expectedMs === null || isOver(build) ? [] : [["Last time", duration(expectedMs)] as const]),
    ...(finishedAt === null ? [] : [["Ended", ago(finishedAt, now)] as const]),
    ...cameOut(build, pkg),
    ...(isOver(build) ? [["A retry", retry(build, pkg, main)] as const] : []),
  ];
  return {
    title: `${pkgbase}, build ${id}`,
    root: "../",
    scripts: ["log", ...(address === undefined ? [] : (["actions"] as const))],
    main: html`<h1>${pkgbase} <small>build ${id}</small></h1>
      <div id="status"><p>${standing(build, now)} ${message}</p></div>
      <dl>
        ${facts.map(
          ([term, fact]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${fact}</dd>
            </div>`,
        )}
      </dl>
      ${address !== undefined && actionsFor(offers(build, pkg), address)} ${namcap && namcapPart(namcap)}
      <h2>Log</h2>
      <p><a href="../api/builds/${id}/log">Whole log as text</a></p>
      ${logView(build, log)}`,
  };
}

const levels: Readonly<Record<NamcapLine["level"], Tone>> = { error: "bad", warning: "warn", info: "calm" };

/** What namcap finds in the packages and the PKGBUILD. */
function namcapPart({ state, lines, left }: Namcap): Html {
  const rows = lines.map(({ level, package: name, tag, message }) => [
    html`<span class="badge ${levels[level]}">${level}</span>`,
    name,
    html`<code>${tag}</code>`,
    message,
  ]);
  const nothing = state === "ran" && lines.length === 0;
  return html`<h2 id="namcap">What namcap says</h2>
    ${state === "not-installed" && html`<p>namcap isn't installed where it was built.</p>`}
    ${state === "stopped" && html`<p>It was stopped before its end, so there may be more.</p>`}
    ${nothing && html`<p>It found nothing.</p>`}
    ${rows.length > 0 && table(["Level", "Package", "Rule", "What"], rows)}
    ${left > 0 && html`<p>There are ${left} more, which aren't kept.</p>`}`;
}

/** The packages of this build, where they are what is published now. */
function cameOut(
  { id, status, bytes: size }: Build,
  pkg: PackageView | undefined,
): (readonly [string, Content])[] {
  if (status !== "built") return [];
  const latest = pkg?.builds.find((build) => build.status === "built");
  const names = latest?.id === id ? (pkg?.published.map(({ filename }) => filename) ?? []) : [];
  const large = size === null ? "" : bytes(size);
  if (names.length === 0) return large === "" ? [] : [["Came out", large]];
  return [["Came out", [names.join(", "), large !== "" && ` (${large})`]]];
}

const queued: readonly PackageView["state"][] = ["blocked", "no-builder", "building", "waiting", "queued"];

/** Trying again is offered where that changes something. */
function offers(build: Build, pkg: PackageView | undefined): Offer[] {
  const of = build.pkgbase;
  if (!isOver(build)) return [{ action: "cancel", of, label: "Cancel this build" }];
  const isInVain = !pkg || isNotStarted(build) || ["to-remove", "not-started", ...queued].includes(pkg.state);
  return isInVain ? [] : [{ action: "build", of, label: pkg.isCurrent ? "Build it again" : "Try again" }];
}

function retry(build: Build, pkg: PackageView | undefined, main: string): Content {
  const { commit, status } = build;
  if (!pkg || pkg.state === "to-remove") return "is not possible: main has no such package any more";
  if (queued.includes(pkg.state)) return "is not needed: it is queued, or being built";
  if (pkg.state === "not-started") return "would not be started either, until that is mended";
  if (pkg.isCurrent) return "would build what is published once more, with a pkgrel raised by .N";
  const isSame = commit === main;
  const same = isSame
    ? "the same commit, which is main's"
    : html`main as it is now (<code>${main.slice(0, 10)}</code>), not this commit`;
  const hope = status === "failed" && isSame ? "; where nothing outside has changed, it fails again" : "";
  return html`would build ${same}${hope}`;
}
