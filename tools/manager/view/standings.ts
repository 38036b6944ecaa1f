import type { HeldPackage, PendingBuild } from "../../queue/queue.ts";
import { isForAny, whyForeign } from "../../workspace/architectures.ts";
import type { Failing } from "../builds/failing.ts";
import type { Takers } from "../builders/live-builders.ts";
import { describeStatus, type Outdated } from "../status.ts";
import type { CurrentState } from "./current-state.ts";
import { isNotStarted, saidOf, whyUntaken } from "./plain-data.ts";

/** How a package stands, the states that ask for a person first. */
const states = [
  "failing",
  "not-started",
  "blocked",
  "no-builder",
  "held",
  "building",
  "waiting",
  "queued",
  "to-build",
  "on-trigger",
  "to-remove",
  "foreign",
  "published",
] as const;

export type PackageState = (typeof states)[number];

/** How a package stands for one architecture. */
export interface Standing {
  readonly arch: string;
  readonly state: PackageState;
  /** In one or two sentences; empty where there is nothing to say. */
  readonly why: string;
  /** What is published of it now. */
  readonly version: string | null;
  /** Whether that is what main has. */
  readonly isCurrent: boolean;
}

/** What is looked up, so that thousands of packages are asked for at once. */
interface Facts {
  readonly pending: ReadonlyMap<string, PendingBuild>;
  readonly failing: ReadonlyMap<string, Failing>;
  readonly outdated: ReadonlyMap<string, Outdated>;
  readonly held: ReadonlyMap<string, HeldPackage>;
  /** Of each architecture: the version by pkgbase. */
  readonly versions: readonly ReadonlyMap<string, string>[];
}

type State = Pick<CurrentState, "heads" | "status" | "snapshots">;

/**
 * Tells of packages how they stand, for each architecture that has them; none where neither main nor the repository
 * has it.
 */
export function standingsOf(
  { heads, status, snapshots }: State,
  held: readonly HeldPackage[],
  takers: Takers,
): (pkgbase: string) => readonly Standing[] {
  const facts: Facts = {
    pending: keyed(status.pending),
    failing: keyed(status.failing),
    outdated: keyed(status.outdated),
    held: keyed(held),
    versions: snapshots.map(({ entries }) => new Map(entries.map(({ base, version }) => [base, version]))),
  };
  const someBuild = status.pending.some((build) => build.status.kind === "active");

  return (pkgbase) => {
    const found = heads.flatMap((head, at): Standing[] => {
      const pkg = head.workspace.packages.get(pkgbase);
      const version = facts.versions[at]!.get(pkgbase) ?? null;
      if (!pkg && version === null) return [];
      // What is for any is built for the first architecture, for all.
      const arch = pkg && isForAny(pkg) ? heads[0]!.arch : head.arch;
      const key = keyOf({ arch, pkgbase });
      const isCurrent = pkg !== undefined && !facts.outdated.has(key);
      const [state, why] = standing(key, pkg?.config.CI_ON_TRIGGER ?? "", pkg !== undefined);
      return [{ arch: head.arch, state, why, version, isCurrent }];
    });
    const foreign = heads[0]!.whole.packages.get(pkgbase);
    if (found.length > 0 || !foreign?.srcinfo) return found;
    const why = `It isn't built here: ${whyForeign(
      foreign.srcinfo,
      heads.map(({ arch }) => arch),
    )}.`;
    return [{ arch: "", state: "foreign", why, version: null, isCurrent: false }];
  };

  function standing(key: string, trigger: string, isInMain: boolean): readonly [PackageState, string] {
    const waits = facts.pending.get(key);
    if (waits) return standingOfBuild(waits, takers, someBuild);
    if (!isInMain) return ["to-remove", "It was taken out of the workspace."];
    const failed = facts.failing.get(key);
    if (failed) return [isNotStarted(failed) ? "not-started" : "failing", `${saidOf(failed.message)}.`];
    const missing = facts.outdated.get(key);
    const holder = facts.held.get(key);
    if (holder && missing)
      return ["held", `Held by hand (${holder.why}): it isn't built until it is let go.`];
    if (trigger !== "" && missing) {
      const yet = facts.versions.some((of) => of.has(missing.pkgbase)) ? "" : ", and was not yet";
      return ["on-trigger", `It is built when the trigger ${trigger} runs${yet}.`];
    }
    return missing ? ["to-build", `${capital(missing.reason)}.`] : ["published", ""];
  }
}

/** The state of all architectures together: that of the one that asks for a person most. */
export function worstOf(standings: readonly Standing[]): Standing | undefined {
  return standings.toSorted((a, b) => states.indexOf(a.state) - states.indexOf(b.state))[0];
}

function standingOfBuild(
  build: PendingBuild,
  takers: Takers,
  someBuild: boolean,
): readonly [PackageState, string] {
  const { status, reasons } = build;
  const because = `It is to be built because: ${reasons.join("; ")}.`;
  switch (status.kind) {
    case "active":
      return ["building", `It ${describeStatus(status)}. ${because}`];
    case "blocked":
      return ["blocked", `${capital(describeStatus(status))}. ${because}`];
    case "held":
      return ["held", `Held by hand (${status.why}): it isn't built until it is let go.`];
    case "waiting":
      return ["waiting", `It ${describeStatus(status)}. ${because}`];
    case "delayed":
      return ["waiting", `Its last build was lost, and is tried again soon. ${because}`];
    case "ready": {
      const nobody = whyUntaken(build, takers, someBuild);
      if (nobody === undefined) return ["queued", `It is next. ${because}`];
      return ["no-builder", `${capital(nobody)}. ${because}`];
    }
  }
}

function keyed<Item extends { readonly arch: string; readonly pkgbase: string }>(
  items: readonly Item[],
): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

function keyOf({ arch, pkgbase }: { readonly arch: string; readonly pkgbase: string }): string {
  return `${arch} ${pkgbase}`;
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
