import type { Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import type { PendingBuild, Queue } from "../../queue/queue.ts";
import type { BuildKey } from "../../queue/submission.ts";
import { sameRecipe } from "../../workspace/identity.ts";
import { publishedPackages, readSnapshot } from "../../pkgrepo/snapshot.ts";
import { readBuilders } from "../builders/tokens.ts";
import { isSatisfied } from "../builds/release.ts";
import { comparable } from "../reconcile/complete-packages.ts";
import type { Revision } from "../reconcile/revision.ts";
import { submitBuilds } from "../reconcile/submit.ts";
import type { PublishedPlace, PublishedPlaces } from "../status.ts";
import { actionNames, holderOf, readTokens, type ActionName, type TokenHolder } from "./access-tokens.ts";
import { logAction } from "./action-log.ts";

export interface ActionPlace {
  readonly git: Git;
  readonly places: PublishedPlaces;
  readonly queue: Queue;
  /** The state folder. */
  readonly state: string;
  readonly now: () => Date;
}

/** What somebody asks for; `of` is a pkgbase or a builder's name. */
export interface AskedAction {
  readonly action: ActionName;
  readonly of: string;
  /** Let go what was held, let a builder take builds again. */
  readonly undo: boolean;
  readonly why: string;
}

export interface ActionAnswer {
  /**
   * `unknown`: there is no such package; `nothing`: there is nothing to do; `refused`: it would do harm; `forbidden`: the
   * token doesn't allow it.
   */
  readonly kind: "done" | "nothing" | "unknown" | "refused" | "forbidden";
  readonly message: string;
}

export interface Actions {
  /** Whose token it is; undefined: nobody's. */
  holder(token: string): Promise<TokenHolder | undefined>;
  /** Does it where the token allows it, and writes down who did it. */
  act(by: TokenHolder, asked: AskedAction): Promise<ActionAnswer>;
}

/** What people may change over HTTP, with a token that `sluice token` made. */
export function openActions(place: ActionPlace): Actions {
  return {
    holder: async (token) => holderOf(await readTokens(place.state), token),
    async act(by, asked) {
      const answer = by.allows.includes(asked.action)
        ? await actions[asked.action](place, asked, by.name)
        : forbidden(by, asked.action);
      await logAction(place.state, {
        at: place.now().toISOString(),
        by: by.name,
        action: `${asked.undo ? "undo " : ""}${asked.action}`,
        of: asked.of,
        answer: `${answer.kind}: ${answer.message}`,
      });
      return answer;
    },
  };
}

type Carry = (place: ActionPlace, asked: AskedAction, by: string) => Promise<ActionAnswer>;

const actions: Readonly<Record<ActionName, Carry>> = {
  build: ofPackage(async ({ queue }, key, { why }, by, { head, place }) => {
    const snapshot = await readSnapshot(place.repository);
    const published = snapshot && (await comparable(snapshot, place.revisions, head, [key.pkgbase]));
    const isCurrent = sameRecipe(published?.madeFrom.get(key.pkgbase), head.identity(key.pkgbase));
    const { config, packages } = head.workspace;
    const build = {
      pkgbase: key.pkgbase,
      class: packages.get(key.pkgbase)!.config.BUILDER_CLASS || config.CI_DEFAULT_CLASS || null,
      reason: said(`asked for by ${by}`, why),
    };
    const again = new Set(isCurrent ? [key.pkgbase] : []);
    const where = { queue, repository: place.repository, arch: key.arch };
    const [submitted] = await submitBuilds(where, head, [build], [], undefined, again);
    return done(`build ${submitted!.build} of ${key.pkgbase} is queued`);
  }),
  cancel: ofPackage(async ({ queue }, key, { why }, by) =>
    (await queue.cancel(key, said(`cancelled by ${by}`, why)))
      ? done(`${key.pkgbase} is taken out of the queue, or its build is being stopped`)
      : nothing(`${key.pkgbase} is neither queued nor being built`),
  ),
  "set-aside": ofPackage(async ({ queue }, key, _asked, _by, { place }) => {
    const { builds } = await queue.state(["blocked"]);
    const waiting = builds.filter(
      ({ status, target, arch }) =>
        target === key.target &&
        arch === key.arch &&
        status.kind === "blocked" &&
        status.by.includes(key.pkgbase),
    );
    if (waiting.length === 0) return nothing(`nothing waits for ${key.pkgbase} because it failed`);
    const published = await publishedPackages(place.repository);
    const own = published.filter(({ base }) => base === key.pkgbase);
    if (own.length === 0) return refused(withoutAny(key.pkgbase, waiting));
    const fitting: PendingBuild[] = [];
    for (const build of waiting) {
      const revision = await place.revisions.at(build.commit);
      if (isSatisfied(build.pkgbase, key.pkgbase, revision, published)) fitting.push(build);
    }
    for (const build of fitting) await queue.release(build, [key.pkgbase]);
    const others = waiting.filter((build) => !fitting.includes(build));
    const still =
      others.length === 0
        ? ""
        : `${namesOf(others)}: not built, since ${own[0]!.version} of ${key.pkgbase} isn't what it needs`;
    if (fitting.length === 0) return refused(still);
    const going = `${namesOf(fitting)}: built with what is published of ${key.pkgbase}`;
    return done(still === "" ? going : `${going}; ${still}`);
  }),
  hold: ofPackage(async ({ queue }, key, { undo, why }, by) => {
    await queue.hold(key, undo ? undefined : said(by, why));
    return done(undo ? `${key.pkgbase} is built again` : `${key.pkgbase} isn't built until it is released`);
  }),
  async drain({ queue, state }, { of: builder, undo, why }, by) {
    const names = await builderNames(queue, state);
    if (!names.has(builder)) return { kind: "unknown", message: `there is no builder ${builder}` };
    await queue.drain(builder, undo ? undefined : said(by, why));
    return done(undo ? `${builder} takes builds again` : `${builder} takes nothing more`);
  },
};

/** Builders that are let in, that build or built lately, or that are drained already. */
async function builderNames(queue: Queue, state: string): Promise<ReadonlySet<string>> {
  const [known, { builds }, recent, drained] = await Promise.all([
    readBuilders(state),
    queue.state(["active"]),
    queue.history({ limit: 200 }),
    queue.drained(),
  ]);
  const working = builds.flatMap(({ status }) => (status.kind === "active" ? [status.worker] : []));
  const worked = [...recent, ...drained].flatMap(({ worker }) => worker ?? []);
  return new Set([...known.keys(), ...working, ...worked]);
}

/** One architecture of which main has the package. */
interface Found {
  readonly place: PublishedPlace;
  readonly head: Revision;
}

/** For packages that main has, for each architecture in turn. */
function ofPackage(
  carry: (
    place: ActionPlace,
    key: BuildKey,
    asked: AskedAction,
    by: string,
    found: Found,
  ) => Promise<ActionAnswer>,
): Carry {
  return async (place, asked, by) => {
    const commit = await resolveCommit(place.git, "HEAD");
    const answers: ActionAnswer[] = [];
    for (const one of commit === undefined ? [] : place.places) {
      const head = await one.revisions.at(commit!);
      if (!head.workspace.packages.has(asked.of)) continue;
      const { name: target, arch } = one.repository;
      const key = { target, arch, pkgbase: asked.of };
      answers.push(await carry(place, key, asked, by, { place: one, head }));
    }
    // What was done somewhere is told, and what was refused elsewhere beside it.
    const told = answers.filter(({ kind }) => kind !== "nothing");
    const [first, ...others] = (told.length > 0 ? told : answers).toSorted(
      (a, b) => Number(b.kind === "done") - Number(a.kind === "done"),
    );
    if (!first) return { kind: "unknown", message: "main has no such package" };
    const messages = new Set([first, ...others].map(({ message }) => message));
    return { ...first, message: [...messages].join("; ") };
  };
}

const namesOf = (builds: readonly PendingBuild[]): string => builds.map(({ pkgbase }) => pkgbase).join(", ");

function withoutAny(pkgbase: string, waiting: readonly PendingBuild[]): string {
  return `nothing of ${pkgbase} is published, so ${namesOf(waiting)} would be built without it; mend ${pkgbase}, or take it out of what they need`;
}

const said = (by: string, why: string): string => (why === "" ? by : `${by}: ${why}`);
const done = (message: string): ActionAnswer => ({ kind: "done", message });
const nothing = (message: string): ActionAnswer => ({ kind: "nothing", message });

const refused = (message: string): ActionAnswer => ({ kind: "refused", message });

function forbidden({ name, allows }: TokenHolder, action: ActionName): ActionAnswer {
  const all = Object.keys(actionNames).filter((one) => one === action || allows.includes(one as ActionName));
  const only = allows.length === 0 ? "nothing" : allows.join(", ");
  const how = `one that does: sluice token make ${name} --allow ${all.join(",")}`;
  return { kind: "forbidden", message: `the token ${name} allows ${only}, not ${action}; ${how}` };
}
