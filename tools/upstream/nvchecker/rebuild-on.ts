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
export interface RebuildSighting {
  /** By section; undefined where nothing new is known of it. No map where the file itself isn't understood. */
  readonly versions: ReadonlyMap<string, string | undefined> | undefined;
  /** Sections that couldn't be asked about, or the file. */
  readonly failed: readonly FailedLook[];
}

/** `unavailable`: the next look may find it. `problem`: a person has to do something. */
export interface FailedLook {
  readonly kind: "unavailable" | "problem";
  readonly error: SluiceError;
}

/** Where a package's file is, within its folder. */
export const rebuildOnPath = ".CI/rebuild-on.toml";

/** Asks for what all these files name, each section by itself. */
export async function lookAtRebuilds(
  packages: readonly RebuildOn[],
  asking: Asking,
): Promise<ReadonlyMap<string, RebuildSighting>> {
  const looks = packages.map(async (one) => [one.pkgbase, await lookAt(one, asking)] as const);
  return new Map(await Promise.all(looks));
}

async function lookAt({ pkgbase, bytes }: RebuildOn, asking: Asking): Promise<RebuildSighting> {
  const failed: FailedLook[] = [];
  const entries = await unlessFailed(failed, async () => readNvcheckerEntries(pkgbase, rebuildOnPath, bytes));
  const found = entries?.map(async (entry): Promise<[string, string | undefined]> => {
    const version = await unlessFailed(failed, async () => {
      const answer = await kindOf(entry)(entry, asking);
      const chosen = answer && chooseVersion(entry, answer);
      if (answer !== undefined && chosen === undefined) throw noVersion(entry.name);
      return chosen?.version;
    });
    return [entry.name, version];
  });
  return { versions: found && new Map(await Promise.all(found)), failed };
}

/** What can't be found out goes to the list. */
async function unlessFailed<T>(failed: FailedLook[], find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    failed.push({ kind: error.code === "unavailable" ? "unavailable" : "problem", error });
    return undefined;
  }
}

function noVersion(name: string): SluiceError {
  return new SluiceError("nvchecker-answer", `${rebuildOnPath}: nothing of ${name} upstream is a version`, {
    hint: "Look at include_regex, exclude_regex and ignored.",
    facts: { path: rebuildOnPath },
  });
}
