import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { readFields } from "../../alpm/database.ts";
import { readTarStream } from "../../alpm/tar-stream.ts";
import { givenByFiles, givenByVersion, onlyLibraries } from "../../binaries/files.ts";
import { isLibrary, machinesOf } from "../../binaries/need.ts";
import { Provided, type Giver } from "../../binaries/provided.ts";
import type { PackageRecord } from "../../binaries/record.ts";
import { SluiceError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { conditions, refused, withoutCredentials } from "./asking.ts";
import { decompress } from "./decompress.ts";

/** One package of a database; what it has none of isn't there. */
export interface KnownPackage {
  readonly version: string;
  /** Its package file, beside the database; of packages with libraries. */
  readonly file?: string;
  /** Its version is another one than when it was looked at first, and the versions of its symbols aren't known. */
  readonly isMoved?: true;
  /** The symbol versions of its libraries, as they were read of the package itself. */
  readonly symbols?: readonly string[];
  readonly gives?: readonly string[];
  readonly provides?: readonly string[];
  readonly depends?: readonly string[];
  readonly onlyLibraries?: true;
}

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

/** Bytes. The largest of Arch's, extra.files, has 45 MB, and 600 MB unpacked. */
const [maxBytes, maxUnpacked] = [256 * 2 ** 20, 4 * 2 ** 30];

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
    const packages = await packagesIn(answer.body, arch);
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

async function packagesIn(body: Buffer, arch: string): Promise<KnownGives["packages"]> {
  const fields = new Map<string, Map<string, string[]>>();
  const gives = new Map<string, readonly string[]>();
  const libraries = new Set<string>();
  const machines = machinesOf(arch);
  const text = new TextDecoder();
  for await (const { path, size, read } of readTarStream(unpacked(body))) {
    const [folder = "", file] = path.replace(/^\.\//, "").split("/");
    if (file !== "desc" && file !== "depends" && file !== "files") continue;
    if (size > 2 ** 28) throw new SluiceError("too-large", `${path} is larger than any list of files`);
    const content = text.decode(await read(size));
    if (file === "files") {
      const paths = content.split("\n");
      gives.set(folder, [...givenByFiles(paths, machines)]);
      if (gives.get(folder)!.length > 0 && onlyLibraries(paths)) libraries.add(folder);
    } else {
      const known = fields.get(folder) ?? new Map<string, string[]>();
      fields.set(folder, known);
      readFields(content, known);
    }
  }
  return Object.fromEntries(
    [...fields].flatMap(([folder, values]) => {
      const [name, version] = [values.get("NAME")?.[0], values.get("VERSION")?.[0]];
      if (name === undefined || version === undefined) return [];
      const given = [...(gives.get(folder) ?? []), ...givenByVersion(name, version)].sort();
      const [provides, depends] = [values.get("PROVIDES") ?? [], values.get("DEPENDS") ?? []];
      const file = values.get("FILENAME")?.[0];
      const pkg = {
        version,
        ...(file !== undefined && given.some(isLibrary) && { file }),
        ...(given.length > 0 && { gives: given }),
        ...(provides.length > 0 && { provides }),
        ...(depends.length > 0 && { depends }),
        ...(libraries.has(folder) && { onlyLibraries: true as const }),
      };
      return [[name, pkg]];
    }),
  );
}

/** What was read of a package counts as long as it has this version. */
export function keepSymbols(
  now: KnownGives["packages"],
  before: KnownGives["packages"],
): KnownGives["packages"] {
  return Object.fromEntries(
    Object.entries(now).map(([name, pkg]) => {
      const earlier = Object.hasOwn(before, name) ? before[name] : undefined;
      if (pkg.file === undefined) return [name, pkg];
      if (earlier?.version !== pkg.version) return [name, { ...pkg, isMoved: true as const }];
      const { isMoved, symbols } = earlier;
      return [name, { ...pkg, ...(isMoved && { isMoved }), ...(symbols && { symbols }) }];
    }),
  );
}

async function* unpacked(body: Buffer): AsyncGenerator<Uint8Array> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) {
    yield await decompress(body, 2 ** 30);
    return;
  }
  let total = 0;
  const pieces: AsyncIterable<Uint8Array> = Readable.from([body]).pipe(createGunzip({ chunkSize: 2 ** 20 }));
  try {
    for await (const piece of pieces) {
      total += piece.length;
      if (total > maxUnpacked)
        throw new SluiceError("too-large", `unpacked it is larger than ${maxUnpacked} bytes`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError("compression-damaged", "its compression is damaged", { exitCode: 1, cause: error });
  }
}

/** As what packages need is compared with. */
export function giversOf({ packages }: KnownGives): Giver[] {
  return Object.entries(packages).map(
    ([pkgname, { version, gives = [], symbols, provides = [], depends = [], onlyLibraries: only }]) => ({
      pkgname,
      version,
      gives: symbols ? [...gives, ...symbols] : gives,
      provides,
      depends,
      ...(only && { onlyLibraries: only }),
    }),
  );
}

export function providedBy(known: readonly KnownGives[]): Provided {
  return new Provided(known.flatMap((one): Giver[] => giversOf(one)));
}

/** As those of a distribution are kept, without an address. */
export function ownGives(records: readonly PackageRecord[]): KnownGives {
  const packages = records.map(
    ({ pkgname, version, gives, provides, depends }) =>
      [
        pkgname,
        {
          version,
          ...(gives.length > 0 && { gives }),
          ...(provides.length > 0 && { provides }),
          ...(depends.length > 0 && { depends }),
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
