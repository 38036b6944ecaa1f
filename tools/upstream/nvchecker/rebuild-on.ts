import { SluiceError } from "../../errors.ts";
import type { Asking } from "./asking.ts";
import { chooseVersion } from "./choose-version.ts";
import { kindOf } from "./nvchecker-kinds.ts";
import { readNvcheckerEntries } from "./nvchecker-config.ts";

/** A package's `.CI/rebuild-on.toml`: an nvchecker file whose every section tells of something that rebuilds it. */
export interface RebuildOn {
  readonly pkgbase: string;
  readonly bytes: Uint8Array;
}

/** What a look at it found. */
export type RebuildSighting =
  /** By section; undefined where nothing new is known of it. */
  | { readonly kind: "versions"; readonly versions: ReadonlyMap<string, string | undefined> }
  /** `unavailable`: the next look may find it. `problem`: a person has to do something. */
  | { readonly kind: "unavailable" | "problem"; readonly error: SluiceError };

/** Where a package's file is, within its folder. */
export const rebuildOnPath = ".CI/rebuild-on.toml";

/** Asks for what all these files name. A package of which a part can't be asked isn't rebuilt for the rest of it. */
export async function lookAtRebuilds(
  packages: readonly RebuildOn[],
  asking: Asking,
): Promise<ReadonlyMap<string, RebuildSighting>> {
  const looks = packages.map(async (one) => [one.pkgbase, await lookAt(one, asking)] as const);
  return new Map(await Promise.all(looks));
}

async function lookAt({ pkgbase, bytes }: RebuildOn, asking: Asking): Promise<RebuildSighting> {
  try {
    const entries = readNvcheckerEntries(pkgbase, rebuildOnPath, bytes);
    const found = entries.map(async (entry): Promise<[string, string | undefined]> => {
      const answer = await kindOf(entry)(entry, asking);
      const chosen = answer && chooseVersion(entry, answer);
      if (answer !== undefined && chosen === undefined) throw noVersion(entry.name);
      return [entry.name, chosen?.version];
    });
    return { kind: "versions", versions: new Map(await Promise.all(found)) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { kind: error.code === "unavailable" ? "unavailable" : "problem", error };
  }
}

function noVersion(name: string): SluiceError {
  return new SluiceError("nvchecker-answer", `${rebuildOnPath}: nothing of ${name} upstream is a version`, {
    hint: "Look at include_regex, exclude_regex and ignored.",
    facts: { path: rebuildOnPath },
  });
}
