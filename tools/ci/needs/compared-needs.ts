import { z } from "zod";
import type { KnownGives } from "../../upstream/distribution/gives.ts";
import type { NeedsLook } from "./needs-look.ts";
import type { BrokenPackage } from "./need-rebuilds.ts";

const giver = z.object({ pkgname: z.string(), version: z.string() });

/**
 * What was compared when a run found nothing to rebuild, and what it told. Where all of it is as it was, comparing it
 * again finds the same.
 */
const comparedSchema = z.object({
  /** The commit of main, where something was told: what becomes of a broken package depends on its recipe. */
  head: z.string().optional(),
  /** By architecture, the digest of what is published. */
  needs: z.record(z.string(), z.string()),
  databases: z.array(
    z.object({
      url: z.string(),
      etag: z.string().optional(),
      lastModified: z.string().optional(),
      read: z.string(),
    }),
  ),
  told: z.array(
    z.object({
      pkgbase: z.string(),
      since: z.string(),
      outcome: z.string(),
      lacks: z.array(
        z.object({
          need: z.string(),
          file: z.string().optional(),
          was: z.string().optional(),
          now: z.string().optional(),
          successor: z.object({ need: z.string(), giver }).optional(),
        }),
      ),
    }),
  ),
});

export type Compared = z.infer<typeof comparedSchema>;

/** Undefined where nothing is remembered that is understood. */
export function readCompared(compared: unknown): Compared | undefined {
  const parsed = comparedSchema.safeParse(compared);
  return parsed.success ? parsed.data : undefined;
}

/** Databases as a conditional request needs them; what they gave is read where it is asked for. */
export function headersOf({ databases }: Compared, all: () => readonly KnownGives[]): KnownGives[] {
  return databases.map((headers) => ({
    ...headers,
    get packages() {
      return all().find(({ url }) => url === headers.url)?.packages ?? {};
    },
  }));
}

/** What was told then, where nothing has changed since. */
export function toldBefore(
  compared: Compared,
  looks: readonly NeedsLook[],
  head: string | undefined,
): BrokenPackage[] | undefined {
  const { needs, databases, told } = compared;
  if (head === undefined || (told.length > 0 && head !== compared.head)) return undefined;
  const seen = looks.flatMap(({ sightings }) => sightings);
  if (seen.some(({ isNew, known }) => isNew || !known)) return undefined;
  const urls = seen.map(({ url }) => url);
  if (urls.length !== databases.length || databases.some(({ url }) => !urls.includes(url))) return undefined;
  const published = looks.filter((look) => look.published);
  if (published.length !== Object.keys(needs).length) return undefined;
  if (published.some((look) => needs[look.arch] !== look.published!.digest)) return undefined;
  return told.map((one) => ({ ...one, lacks: one.lacks.map(asLack) }));
}

function asLack({ need, file, was, now, successor }: Compared["told"][number]["lacks"][number]) {
  return {
    need,
    file,
    was,
    now,
    successor: successor && {
      need: successor.need,
      giver: { ...successor.giver, gives: [], provides: [], depends: [] },
    },
  };
}

/** What is remembered of a run that rebuilt nothing. */
export function comparedNow(
  looks: readonly NeedsLook[],
  broken: readonly BrokenPackage[],
  head: string | undefined,
): Compared {
  const databases = looks
    .flatMap(({ sightings }) => sightings.flatMap(({ known }) => known ?? []))
    .map(({ url, etag, lastModified, read }) => ({
      url,
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      read,
    }));
  const told = broken.map(({ pkgbase, since, outcome, lacks }) => ({
    pkgbase,
    since,
    outcome,
    lacks: lacks.map(({ need, file, was, now, successor }) => ({
      need,
      ...(file !== undefined && { file }),
      ...(was !== undefined && { was }),
      ...(now !== undefined && { now }),
      ...(successor && {
        successor: {
          need: successor.need,
          giver: { pkgname: successor.giver.pkgname, version: successor.giver.version },
        },
      }),
    })),
  }));
  const needs = looks.flatMap(({ arch, published }) =>
    published ? [[arch, published.digest] as const] : [],
  );
  return {
    ...(told.length > 0 && head !== undefined && { head }),
    needs: Object.fromEntries(needs),
    databases,
    told,
  };
}
