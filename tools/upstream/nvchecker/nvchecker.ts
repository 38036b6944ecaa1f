import { baseValue } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { type Asking, type AskingPorts, openAsking } from "./asking.ts";
import { chooseVersion, withCommit } from "./choose-version.ts";
import { newCommit } from "./new-commit.ts";
import { newVersion } from "../new-version/new-version.ts";
import { readNvcheckerEntry } from "./nvchecker-config.ts";
import { kindOf } from "./nvchecker-kinds.ts";
import type { FoundVersion } from "./nvchecker-kind.ts";
import type { Followed, Sighting, Upstream } from "../upstream.ts";

/**
 * CI_NVCHECKER=true: the version that the package's `nvchecker.toml` leads to, put into main's recipe. It means what
 * nvchecker means by it, without running nvchecker or anything that the file names.
 */
export function nvcheckerUpstream(ports: AskingPorts, asking: Asking = openAsking(ports)): Upstream {
  return {
    async look(packages) {
      const sightings = packages.map(
        async (one) => [one.pkgbase, await sightingOf(one, asking, ports)] as const,
      );
      return new Map(await Promise.all(sightings));
    },
  };
}

async function sightingOf(one: Followed, asking: Asking, ports: AskingPorts): Promise<Sighting> {
  try {
    const recipe = await one.recipe();
    const found = await latest(one, recipe, asking);
    return found === undefined
      ? { kind: "unchanged", seen: one.seen }
      : await compare(one, recipe, found, ports);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: error.code === "unavailable" ? "unavailable" : "problem", error };
  }
}

/** What upstream has now; undefined where the recipe's file follows nothing. */
async function latest(
  { pkgbase }: Followed,
  recipe: RecipeFiles,
  asking: Asking,
): Promise<FoundVersion | undefined> {
  const entry = readNvcheckerEntry(pkgbase, recipe);
  const ask = kindOf(entry);
  const found = await ask(entry, asking);
  if (found === undefined) return undefined;
  const chosen = chooseVersion(entry, found);
  if (chosen !== undefined) {
    const { version, commit } = withCommit(entry, chosen);
    return { version: bare(version), commit };
  }
  throw new SluiceError("nvchecker-answer", `${entry.path}: nothing that upstream has is a version`, {
    hint: "Look at include_regex, exclude_regex and ignored.",
    facts: { pkgbase, path: entry.path },
  });
}

async function compare(
  { srcinfo, seen }: Followed,
  recipe: RecipeFiles,
  { version, commit }: FoundVersion,
  ports: AskingPorts,
): Promise<Sighting> {
  const unchanged = { kind: "unchanged", seen: { ...seen, revision: version } } as const;
  const pkgver = srcinfo ? baseValue(srcinfo, "pkgver") : pkgverOf(recipe);
  if (version === seen.revision || (pkgver !== undefined && isSame(bare(pkgver), version))) return unchanged;
  const files =
    version === commit
      ? await newCommit(recipe, commit, ports)
      : await newVersion(recipe, { version, commit }, ports);
  if (files === undefined) return unchanged;
  return {
    kind: "recipe",
    recipe: { files, revision: version, committedAt: undefined },
    seen: unchanged.seen,
  };
}

/** Of a recipe of which not everything can be derived, as its text has it. */
function pkgverOf(recipe: RecipeFiles): string | undefined {
  const text = Buffer.from(recipe.get("PKGBUILD")?.bytes ?? []).toString("utf8");
  return /^pkgver=(["']?)([\w.+~]+)\1[ \t]*$/m.exec(text)?.[2];
}

/** Tags say `v1.0` for version 1.0, whether or not the recipe's file strips it. */
function bare(version: string): string {
  return version.replace(/^v/, "");
}

/** A pkgver can't hold a hyphen; recipes write `1.0-rc1` as `1.0rc1`, `1.0_rc1` or `1.0.rc1`. */
function isSame(pkgver: string, version: string): boolean {
  if (pkgver === version) return true;
  return version.includes("-") && joined(pkgver) === joined(version);
}

function joined(version: string): string {
  return version.replaceAll(/[._-]/g, "");
}
