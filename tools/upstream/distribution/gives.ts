import { z } from "zod";
import { Provided, type Giver } from "../../binaries/provided.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { conditions, refused, withoutCredentials } from "./asking.ts";
import { readFilesDatabase, type KnownPackage } from "./files-database.ts";

/** What is remembered of a `.files` database between two runs. */
export const knownGivesSchema = z
  .object({
    /** Of the `.db`, without credentials. */
    url: z.string(),
    etag: z.string().optional(),
    lastModified: z.string().optional(),
    /** When it was read, ISO 8601. */
    read: z.string(),
    packages: z.custom<Readonly<Record<string, KnownPackage>>>(arePackages),
  })
  .readonly();

/** There are tens of thousands in each run, so they are looked at without a schema. */
function arePackages(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((one: Partial<Record<keyof KnownPackage, unknown>> | null) => {
    const lists = [one?.gives, one?.provides, one?.depends, one?.symbols];
    return (
      typeof one?.version === "string" && lists.every((list) => list === undefined || Array.isArray(list))
    );
  });
}

export type KnownGives = z.infer<typeof knownGivesSchema>;

/** How a look at one `.files` database ended. Without `known` it was never read. */
export interface GivesSighting {
  readonly url: string;
  readonly known: KnownGives | undefined;
  readonly isNew: boolean;
  readonly error?: SluiceError;
}

/** Bytes. The largest of Arch's, extra.files, has 45 MB. */
const maxBytes = 256 * 2 ** 20;

/**
 * What a distribution's packages give, from the `.files` beside each database of CI_LIB_DB; what hasn't changed since
 * isn't sent again. Never rejects because of a database: whatever goes wrong with one is its sighting.
 */
export function readGives(
  urls: readonly string[],
  known: readonly KnownGives[],
  arch: string,
  http: Http,
  now: () => Date,
): Promise<GivesSighting[]> {
  const byUrl = new Map(known.map((one) => [one.url, one]));
  return Promise.all(urls.map((url) => look(url, byUrl.get(withoutCredentials(url)), arch, http, now)));
}

async function look(
  url: string,
  before: KnownGives | undefined,
  arch: string,
  http: Http,
  now: () => Date,
): Promise<GivesSighting> {
  const place = withoutCredentials(url);
  try {
    const files = url.replace(/\.db(?=$|[.?#])/, ".files");
    const answer = await http.fetch(files, { headers: conditions(before), maxBytes });
    if (answer.status === 304 && before) return { url: place, known: before, isNew: false };
    if (answer.status !== 200) throw refused(files, answer.status);
    const { etag, "last-modified": lastModified } = answer.headers;
    // A mirror that lags has an older copy.
    if (Date.parse(lastModified ?? "") < Date.parse(before?.lastModified ?? "")) {
      return { url: place, known: before, isNew: false };
    }
    const packages = await readFilesDatabase(answer.body, arch);
    const next = {
      url: place,
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      read: now().toISOString(),
      packages: before ? keepSymbols(packages, before.packages) : packages,
    };
    return { url: place, known: next, isNew: true };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { url: place, known: before, isNew: false, error: unreadable(place, error) };
  }
}

/** What was read of a package is what it gives as long as it has this version, and what it gave from then on. */
export function keepSymbols(
  now: KnownGives["packages"],
  before: KnownGives["packages"],
): KnownGives["packages"] {
  return Object.fromEntries(
    Object.entries(now).map(([name, pkg]) => {
      const earlier = Object.hasOwn(before, name) ? before[name] : undefined;
      if (pkg.file === undefined || !earlier?.symbols) return [name, pkg];
      const { symbols, symbolsOf = earlier.version } = earlier;
      return [name, { ...pkg, symbols, ...(symbolsOf !== pkg.version && { symbolsOf }) }];
    }),
  );
}

/** As what packages need is compared with. */
function giversOf({ packages }: KnownGives, when: When): Giver[] {
  return Object.entries(packages).map(([pkgname, pkg]) => {
    const { version, gives = [], symbols, symbolsOf, provides = [], depends = [], onlyLibraries } = pkg;
    const counts = symbols !== undefined && (symbolsOf === undefined || when === "before");
    return {
      pkgname,
      version,
      gives: counts ? [...gives, ...symbols] : gives,
      provides,
      depends,
      ...(counts && symbolsOf !== undefined && { symbolsOf }),
      ...(onlyLibraries && { onlyLibraries }),
    };
  });
}

/** Of what was given before, the symbol versions that were read last count, whatever version they were of. */
type When = "now" | "before";

export function providedBy(known: readonly KnownGives[], when: When = "now"): Provided {
  return new Provided(known.flatMap((one): Giver[] => giversOf(one, when)));
}

/** As those of a distribution are kept, without an address. */
export function ownGives(records: readonly PackageRecord[]): KnownGives {
  const packages = records.map(
    ({ pkgname, version, gives, provides, depends, onlyLibraries }) =>
      [
        pkgname,
        {
          version,
          ...(gives.length > 0 && { gives }),
          ...(provides.length > 0 && { provides }),
          ...(depends.length > 0 && { depends }),
          ...(onlyLibraries && { onlyLibraries }),
        },
      ] as const,
  );
  return {
    url: "",
    read: "",
    packages: Object.fromEntries(packages.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** What isn't understood of what was remembered is read again. */
export function parseGives(gives: readonly unknown[]): readonly KnownGives[] {
  return gives.flatMap((one) => {
    const parsed = knownGivesSchema.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  });
}

function unreadable(url: string, error: SluiceError): SluiceError {
  return new SluiceError(
    "files-unavailable",
    `What the packages of ${url} give isn't known: ${error.message}`,
    {
      hint: "Its `.files` can't be read. What was known before counts until it can; CI_LIB_DB may name another mirror.",
      facts: { ...error.facts, url },
      exitCode: 1,
      cause: error,
    },
  );
}
