import { parseRelation, type Relation } from "../alpm/relation.ts";
import { satisfies } from "../alpm/vercmp.ts";
import { isLibrary, kindOf, stemOf, symbolVersion, valueOf, type Need } from "./need.ts";

/** A package that others may need something of. */
export interface Giver {
  readonly pkgname: string;
  readonly version: string;
  readonly gives: readonly Need[];
  readonly provides: readonly string[];
  readonly depends: readonly string[];
  /** The version that the symbol versions are of, where it is another one. */
  readonly symbolsOf?: string;
  /** Whether all that it has is there to be linked to; undefined where nobody knows. */
  readonly onlyLibraries?: boolean;
}

/** All that a repository and its distribution give, by what is given. */
export class Provided {
  readonly #givers = new Map<Need, Giver[]>();
  readonly #machines = new Set<string>();
  #byStem: ReadonlyMap<string, readonly Need[]> | undefined;
  /** Libraries by giver, of which the symbol versions are known. */
  readonly #withVersions = new Map<Giver, Set<Need>>();
  readonly #packages = new Map<string, Giver>();
  readonly #offers = new Map<string, { readonly giver: Giver; readonly relation: Relation }[]>();

  /** Of two packages of one name the first counts, as in pacman.conf. */
  constructor(givers: Iterable<Giver>) {
    for (const giver of givers) if (!this.#packages.has(giver.pkgname)) this.#add(giver);
  }

  #add(giver: Giver): void {
    this.#packages.set(giver.pkgname, giver);
    for (const text of giver.provides) {
      const relation = parseRelation(text);
      append(this.#offers, relation.name, { giver, relation });
    }
    for (const need of giver.gives) {
      append(this.#givers, need, giver);
      this.#machines.add(kindOf(need));
      const symbols = symbolVersion(need);
      if (symbols) {
        const known = this.#withVersions.get(giver) ?? new Set();
        this.#withVersions.set(giver, known.add(symbols.library));
      }
    }
  }

  /** Whether anything is known of what is given of a kind, or to a machine. */
  knows(need: Need): boolean {
    return this.#machines.has(kindOf(need));
  }

  package(pkgname: string): Giver | undefined {
    return this.#packages.get(pkgname);
  }

  /**
   * Who gives it, the first of them.
   *
   * @param folders where a library is looked for beside the usual places
   */
  giverOf(need: Need, folders: readonly string[] = []): Giver | undefined {
    if (kindOf(need) === "package") return this.#satisfier(valueOf(need));
    const found = this.#givers.get(need)?.[0];
    if (found || !isLibrary(need)) return found;
    const symbols = symbolVersion(need);
    // Who names no versions of a library may have them all, and a library that is gone is reported as that.
    if (symbols) {
      const givers = this.#givers.get(symbols.library);
      if (!givers) return unknown;
      return givers.find((giver) => !this.#withVersions.get(giver)?.has(symbols.library));
    }
    const elsewhere = folders.map(
      (folder) => this.#givers.get(`${kindOf(need)}:${folder}/${valueOf(need)}`)?.[0],
    );
    return elsewhere.find((giver) => giver !== undefined);
  }

  /** Everybody who gives it, as `giverOf` the first. */
  giversOf(need: Need): readonly Giver[] {
    return this.#givers.get(need) ?? [];
  }

  /** Whether a version of a package is known to have had the library of a symbol version, and not that. */
  neverGave(need: Need, pkgname: string, version: string): boolean {
    const giver = this.#packages.get(pkgname);
    const library = symbolVersion(need)?.library;
    if (!giver || library === undefined || (giver.symbolsOf ?? giver.version) !== version) return false;
    return this.#withVersions.get(giver)?.has(library) === true && !this.giversOf(need).includes(giver);
  }

  /** The pkgnames that are installed along with a package that has these `depends`. */
  closure(depends: readonly string[]): ReadonlySet<string> {
    const names = new Set<string>();
    const add = (texts: readonly string[]): void => {
      for (const text of texts) {
        const giver = this.#satisfier(text);
        if (giver) names.add(giver.pkgname);
      }
    };
    add(depends);
    for (const name of names) add(this.#packages.get(name)!.depends);
    return names;
  }

  /** What is given in place of what is gone: the same library or interpreter in another version. */
  successorOf(need: Need, formerGiver?: string): { readonly need: Need; readonly giver: Giver } | undefined {
    const symbols = symbolVersion(need);
    this.#byStem ??= byStem(this.#givers.keys());
    const candidates = symbols ? [symbols.library] : (this.#byStem.get(stemOf(need)) ?? []);
    const found = candidates.flatMap((candidate) =>
      (this.#givers.get(candidate) ?? []).map((giver) => ({ need: candidate, giver })),
    );
    // `libfoo.so` is there for the compiler, and says least.
    const byLength = found.toSorted((a, b) => rank(a) - rank(b) || a.need.length - b.need.length);
    return byLength[0];

    function rank({ need: other, giver }: { need: Need; giver: Giver }): number {
      return (giver.pkgname === formerGiver ? 0 : 2) + (isLibrary(other) && other.endsWith(".so") ? 1 : 0);
    }
  }

  #satisfier(dependency: string): Giver | undefined {
    const relation = parseRelation(dependency);
    const literal = this.#packages.get(relation.name);
    if (literal && satisfies(literal.version, relation)) return literal;
    return this.#offers.get(relation.name)?.find((offer) => satisfies(offer.relation.version, relation))
      ?.giver;
  }
}

/** Somebody whom nobody has to name. */
const unknown: Giver = { pkgname: "", version: "", gives: [], provides: [], depends: [] };

/** Only who looks for what takes another's place needs it, and in most runs nobody does. */
function byStem(needs: Iterable<Need>): Map<string, Need[]> {
  const found = new Map<string, Need[]>();
  for (const need of needs) if (!symbolVersion(need)) append(found, stemOf(need), need);
  return found;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
