import { formatSrcinfo, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { decode } from "../../gate/files/side.ts";
import type { SourceEntry } from "../../gate/sources/source-entry.ts";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";
import type { Git } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { deriveSrcinfo } from "../../pkgbuild/srcinfo/derive-srcinfo.ts";
import { setElements, withEdits } from "../../pkgbuild/edit.ts";
import type { Recipe } from "../../pkgbuild/recipe.ts";
import {
  architecturesOf,
  sourcesUnchanged,
  type StaleSource,
  staleSources,
  sumsIn,
} from "./changed-sources.ts";
import { downloadedSums, type SumKind, type Sums, sumsOf } from "./checksums.ts";
import { archiveSums, isArchivable } from "./git-archive-sums.ts";
import { reread, setVersion, type VersionChange } from "./set-version.ts";

export type { VersionChange } from "./set-version.ts";

export interface NewVersionPorts {
  readonly http: Http;
  /** A bare repository to fetch Git sources into that are declared with a hash; without one they're refused. */
  readonly scratch?: Git;
}

/**
 * The recipe for another version, made without running anything of it: pkgver (or the variable that it is made of),
 * `_commit`, pkgrel 1, the checksums of the sources that move along, in the kinds that are declared, and
 * `.SRCINFO`. All else stays as it is, to the byte; `SKIP` stays `SKIP`, and a hash never becomes one.
 *
 * What can't be done is found out before anything is downloaded, as far as the recipe tells.
 *
 * @throws SluiceError `unavailable` where a source isn't available now, so that another run may find it; any other
 * code where a person has to change the recipe. The recipe that was handed in is left as it is.
 */
export async function newVersion(
  recipe: RecipeFiles,
  change: VersionChange,
  ports: NewVersionPorts,
): Promise<RecipeFiles> {
  const file = recipe.get("PKGBUILD");
  const before = reread(textOf(file));
  const versioned = setVersion(before, change);
  const stale = staleSources(before, versioned);
  // Both also find out what can't be written, while that has cost nothing.
  srcinfoOf(versioned);
  withSums(versioned, stale, () => "0");

  const sums = await sumsOfSources(stale, recipe, ports);
  const after = withSums(versioned, stale, ({ entry }, kind) => sums.get(addressOf(entry))?.get(kind));
  confirmSums(versioned, after, stale, sums);
  if (stale.length > 0 && !stale.some(({ moved }) => moved) && after.text === versioned.text) {
    throw sourcesUnchanged();
  }
  return new Map([
    ...recipe,
    ["PKGBUILD", { mode: file?.mode ?? "100644", bytes: Buffer.from(after.text) }],
    [".SRCINFO", { mode: "100644", bytes: Buffer.from(formatSrcinfo(srcinfoOf(after))) }],
  ]);
}

function textOf(file: RecipeFile | undefined): string {
  const text = file && file.mode.startsWith("100") ? decode(file.bytes) : undefined;
  if (text !== undefined) return text;
  throw new SluiceError("recipe-unreadable", "The recipe has no PKGBUILD that is a file of UTF-8 text.", {
    facts: { path: "PKGBUILD" },
    exitCode: 1,
  });
}

/** As makepkg writes it on the first of the recipe's architectures that builders commonly have. */
function srcinfoOf(recipe: Recipe): Srcinfo {
  const architectures = architecturesOf(recipe);
  const carch = architectures.includes("x86_64") ? "x86_64" : (architectures[0] ?? "x86_64");
  return deriveSrcinfo(recipe, { carch });
}

/** The recipe with these checksums in place of those that no longer hold. */
function withSums(
  recipe: Recipe,
  stale: readonly StaleSource[],
  sumOf: (source: StaleSource, kind: SumKind) => string | undefined,
): Recipe {
  const arrays = new Map<string, (string | undefined)[]>();
  for (const source of stale) {
    for (const kind of source.kinds) {
      const name = `${kind}sums${source.suffix}`;
      const values = arrays.get(name) ?? Array<undefined>(source.of).fill(undefined);
      values[source.at] = sumOf(source, kind);
      arrays.set(name, values);
    }
  }
  const edits = [...arrays].flatMap(([name, values]) => setElements(recipe, name, values));
  return reread(withEdits(recipe.text, edits));
}

/** By address; files of the recipe by their name. */
async function sumsOfSources(
  stale: readonly StaleSource[],
  recipe: RecipeFiles,
  { http, scratch }: NewVersionPorts,
): Promise<ReadonlyMap<string, Sums>> {
  const wanted = new Map<string, { entry: SourceEntry; kinds: Set<SumKind> }>();
  for (const { entry, kinds } of stale) {
    if (kinds.size === 0) continue;
    const { kinds: all } = wanted.get(addressOf(entry)) ?? { kinds: new Set() };
    wanted.set(addressOf(entry), { entry, kinds: new Set([...all, ...kinds]) });
  }
  const tasks = [...wanted].map(([address, { entry, kinds }]): [string, () => Promise<Sums>] => {
    if (entry.scheme === "local") {
      const file = recipe.get(address);
      if (!file) throw cannotSum(entry, "the recipe has no such file");
      return [address, () => Promise.resolve(sumsOf(file.bytes, kinds))];
    }
    if (entry.vcs === undefined && /^https?$/.test(entry.scheme)) {
      return [address, () => downloadedSums(address, kinds, http)];
    }
    if (!scratch || !isArchivable(entry)) throw cannotSum(entry, "it isn't a plain download");
    return [address, () => archiveSums(entry, kinds, { http, scratch })];
  });
  const sums = new Map<string, Sums>();
  // One after the other, so that a failure ends the work on this recipe.
  for (const [address, compute] of tasks) sums.set(address, await compute());
  return sums;
}

/** What is behind the name that it is kept as; makepkg looks for a file of the recipe under that name. */
function addressOf({ text, name, scheme }: SourceEntry): string {
  if (name === undefined) return text;
  return scheme === "local" ? name : text.slice(name.length + "::".length);
}

/** Entries may share a variable: those that stay keep their checksum, and the others have got theirs. */
function confirmSums(
  versioned: Recipe,
  after: Recipe,
  stale: readonly StaleSource[],
  sums: ReadonlyMap<string, Sums>,
): void {
  for (const suffix of new Set(stale.map((source) => source.suffix))) {
    for (const [kind, old] of sumsIn(versioned, suffix)) {
      const expected = old.map((sum, place) => {
        const source = stale.find((one) => one.suffix === suffix && one.at === place && one.kinds.has(kind));
        return source ? sums.get(addressOf(source.entry))?.get(kind) : sum;
      });
      const actual = sumsIn(after, suffix).get(kind);
      if (!actual || expected.some((sum, place) => sum !== actual[place])) {
        throw new SluiceError("recipe-edit", `Entries of ${kind}sums${suffix} can't be changed one by one.`, {
          hint: "Write each checksum as a literal, or update the package by hand.",
          facts: { path: "PKGBUILD" },
          exitCode: 1,
        });
      }
    }
  }
}

function cannotSum({ text }: SourceEntry, reason: string): SluiceError {
  return new SluiceError("source-checksum", `The checksum of ${text} can't be computed: ${reason}.`, {
    hint: "Update the package by hand.",
    facts: { path: "PKGBUILD", reason },
    exitCode: 1,
  });
}
