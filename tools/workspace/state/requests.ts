import { z } from "zod";
import { isPkgbase } from "../../alpm/names.ts";

/**
 * Builds that pipelines asked for and that main doesn't show: because of a new commit upstream, a trigger, or a
 * person. Builders read them from the branch `state` and remember up to which number they have taken them.
 */
export interface RequestList {
  /** Of the newest request; 0: there was none. Numbers only grow, also where the branch was created again. */
  readonly number: number;
  /** The newest request for each pkgbase. */
  readonly builds: ReadonlyMap<string, RequestedBuild>;
  /** When a trigger fired last, in seconds since 1970. */
  readonly triggers: ReadonlyMap<string, number>;
}

export interface RequestedBuild {
  readonly number: number;
  /** Which builders may take it; null: any. */
  readonly class: string | null;
  readonly reason: string;
  /**
   * Upstream commits that the package is to be made from. Where what is published was made from them and from
   * main's recipe, there is nothing to do. Undefined: it is built anyway.
   */
  readonly upstream?: readonly string[] | undefined;
}

export const noRequests: RequestList = { number: 0, builds: new Map(), triggers: new Map() };

/** Its path on the branch `state`. */
export const requestsFile = ".requests.json";

const keptSeconds = 90 * 86_400;

/**
 * The list with these builds added under one new number. A request replaces the earlier one for its package; what is
 * older than 90 days goes.
 */
export function withRequests(
  list: RequestList,
  wanted: readonly ({ readonly pkgbase: string } & Omit<RequestedBuild, "number">)[],
  now: Date,
  trigger?: string,
): RequestList {
  const seconds = Math.floor(now.getTime() / 1000);
  const number = Math.max(list.number + 1, seconds);
  const builds = new Map([...list.builds].filter(([, build]) => build.number > seconds - keptSeconds));
  for (const { pkgbase, class: buildClass, reason, upstream } of wanted) {
    builds.set(pkgbase, { number, class: buildClass, reason, ...(upstream && { upstream }) });
  }
  const triggers = trigger === undefined ? list.triggers : new Map(list.triggers).set(trigger, seconds);
  return { number, builds, triggers };
}

const number = z.int().nonnegative();
const schema = z.object({
  version: z.literal(1),
  number,
  builds: z.record(
    z.string(),
    z.object({
      number,
      class: z
        .string()
        .regex(/^[A-Za-z0-9._+-]+$/)
        .nullable(),
      reason: z.string(),
      upstream: z.array(z.string()).optional(),
    }),
  ),
  triggers: z.record(z.string(), number),
});

/** What can't be understood counts as no list: numbers go on from the time. */
export function parseRequests(text: string | undefined): RequestList {
  let data: unknown;
  try {
    data = JSON.parse(text ?? "");
  } catch {
    return noRequests;
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) return noRequests;
  const { builds, triggers } = parsed.data;
  return {
    number: parsed.data.number,
    builds: new Map(Object.entries(builds).filter(([pkgbase]) => isPkgbase(pkgbase))),
    triggers: new Map(Object.entries(triggers)),
  };
}

/** One line for each package, so that two versions can be compared. */
export function formatRequests({ number: newest, builds, triggers }: RequestList): string {
  const lines = [...builds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pkgbase, build]) => `  ${JSON.stringify(pkgbase)}: ${JSON.stringify(build)}`);
  const fired = JSON.stringify(Object.fromEntries(triggers));
  return `{\n "version": 1,\n "number": ${newest},\n "triggers": ${fired},\n "builds": {\n${lines.join(",\n")}\n }\n}\n`;
}
