import { isPkgbase } from "../../alpm/names.ts";

/** What the AUR says of one pkgbase. Times are in seconds since 1970. */
export interface AurPackage {
  /** When its recipe was last pushed. */
  readonly lastModified: number;
  /** Full version, as the pushed .SRCINFO has it. */
  readonly version: string;
  /** The maintainer first, then the co-maintainers; empty for an orphan without any. */
  readonly maintainers: readonly string[];
  readonly votes: number;
  readonly firstSubmitted: number;
  readonly url: string | undefined;
  readonly pkgnames: readonly string[];
}

/** An AUR package, or why what the AUR says of it can't be believed. */
export type AurEntry =
  | ({ readonly kind: "package" } & AurPackage)
  | { readonly kind: "refused"; readonly why: string };

/** What the AUR said of the packages that it was asked about. */
export interface AurMetadata {
  /** By pkgbase; without those that the AUR doesn't have. */
  readonly packages: ReadonlyMap<string, AurEntry>;
  /** What is newer may not be in it; in milliseconds since 1970. */
  readonly learnedAt: number;
  /** For asking the next time whether anything has changed since. */
  readonly etag: string | undefined;
}

/**
 * Gathers the AUR's rows, which it has one of per pkgname, by pkgbase. Where rows of one pkgbase disagree, the newest
 * says what the package is, and everybody who is named is a maintainer. One row that can't be understood makes its
 * pkgbase `refused`, and where a row doesn't even say which pkgbase it is of, those that are missing are.
 */
export class AurRows {
  readonly #asked: ReadonlySet<string>;
  readonly #now: number;
  readonly #entries = new Map<string, AurEntry>();
  #unattributed = false;

  /**
   * @param asked pkgbases; other rows are left out
   * @param now in milliseconds since 1970
   */
  constructor(asked: ReadonlySet<string>, now: number) {
    this.#asked = asked;
    this.#now = now;
  }

  /** A row as JSON has it, of any shape. */
  add(row: unknown): void {
    const pkgbase = isObject(row) ? row["PackageBase"] : undefined;
    if (!isObject(row) || typeof pkgbase !== "string") {
      this.#unattributed = true;
      return;
    }
    const before = this.#entries.get(pkgbase);
    if (!this.#asked.has(pkgbase) || before?.kind === "refused") return;
    const entry = readRow(row, this.#now);
    this.#entries.set(pkgbase, before && entry.kind === "package" ? merged(before, entry) : entry);
  }

  /** By pkgbase; without those that the AUR doesn't have. */
  entries(): ReadonlyMap<string, AurEntry> {
    if (!this.#unattributed) return this.#entries;
    const missing = [...this.#asked].filter((pkgbase) => !this.#entries.has(pkgbase));
    const maybe = refused("PackageBase");
    return new Map([...this.#entries, ...missing.map((pkgbase) => [pkgbase, maybe] as const)]);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Field names as in AurJson, https://aur.archlinux.org/rpc/openapi.json. Those nobody needs aren't looked at. */
function readRow(row: Row, now: number): AurEntry {
  const { Name, Version, Maintainer, CoMaintainers, NumVotes, FirstSubmitted, LastModified, URL } = row;
  if (typeof Name !== "string" || !isPkgbase(Name)) return refused("Name");
  if (typeof Version !== "string" || !/^[^\s\p{Cc}]+$/u.test(Version)) return refused("Version");
  // A time far ahead would be remembered, and keep every later update from being seen.
  if (!isCount(LastModified) || LastModified * 1000 > now + day) return refused("LastModified");
  if (!isCount(FirstSubmitted)) return refused("FirstSubmitted");
  if (!isCount(NumVotes)) return refused("NumVotes");
  const maintainer = Maintainer ?? [];
  const others = CoMaintainers ?? [];
  const maintainers = [maintainer, others].flat();
  if (!Array.isArray(others) || !maintainers.every(isAccount)) return refused("its maintainers");
  return {
    kind: "package",
    lastModified: LastModified,
    version: Version,
    maintainers: [...new Set(maintainers)],
    votes: NumVotes,
    firstSubmitted: FirstSubmitted,
    url: typeof URL === "string" ? URL : undefined,
    pkgnames: [Name],
  };
}

const day = 24 * 60 * 60 * 1000;

function merged(a: Extract<AurEntry, { kind: "package" }>, b: typeof a): AurEntry {
  const [newer, older] = b.lastModified > a.lastModified ? [b, a] : [a, b];
  return {
    ...newer,
    maintainers: [...new Set([...newer.maintainers, ...older.maintainers])],
    pkgnames: [...new Set([...a.pkgnames, ...b.pkgnames])],
  };
}

function refused(what: string): AurEntry {
  return { kind: "refused", why: `${what} isn't what the AUR's rows have there` };
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** aurweb takes 3 to 16 letters and digits with one `.`, `-` or `_` in between; old accounts have other lengths. */
function isAccount(value: unknown): value is string {
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value);
}
