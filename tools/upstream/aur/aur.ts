import { parseSrcinfo, srcinfoVersion } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { fetchRecipes, type Fetched } from "./aur-git.ts";
import { askAur, namesOf } from "./aur-metadata.ts";
import { askRpc } from "./aur-rpc.ts";
import type { AurEntry, AurMetadata, AurPackage } from "./aur-rows.ts";
import type { Followed, Sighting, Upstream, UpstreamPorts, UpstreamRecipe } from "../upstream.ts";

export interface AurMemory {
  /** What `etag()` was at the last run, if nothing was left open then: all is unchanged while it holds. */
  readonly etag?: string | undefined;
  /** Up to when another program followed the AUR, which remembered it for all packages at once; in seconds. */
  readonly takenOverAt?: number | undefined;
}

export interface Aur extends Upstream {
  /** To be handed in at the next run; undefined where what was learnt has none. */
  etag(): string | undefined;
}

/** CI_PKGBUILD_SOURCE=aur: recipes of the Arch User Repository, from its own Git or a mirror. */
export function openAur(ports: UpstreamPorts, memory: AurMemory = {}): Aur {
  let etag: string | undefined;

  async function look(packages: readonly Followed[]): Promise<ReadonlyMap<string, Sighting>> {
    if (packages.length === 0) return new Map();
    const isKnown = packages.every(({ seen }) => seen.timestamp !== undefined);
    const metadata = await orError(askAur(ports, packages, isKnown ? memory.etag : undefined));
    if (metadata instanceof SluiceError) return forEach(packages, () => unavailable(metadata));
    if (metadata === "unchanged") {
      etag = memory.etag;
      return forEach(packages, ({ seen }) => ({ kind: "unchanged", seen }));
    }
    etag = metadata.etag;
    const looks = packages.map((followed) => firstLook(followed, metadata, memory.takenOverAt));
    const changed = looks.filter((one): one is Changed => one.kind === "changed");
    const pkgbases = changed.map(({ followed }) => followed.pkgbase);
    const fetched = await fetchRecipes(ports, pkgbases);
    const confirmed = await confirm(ports, changed);
    return new Map(
      packages.map(({ pkgbase }, index) => {
        const one = looks[index]!;
        if (one.kind !== "changed") return [pkgbase, one];
        const sighting = judgeFetched(one, fetched.get(pkgbase), confirmed, ports.aurGit !== "");
        return [pkgbase, sighting];
      }),
    );
  }

  return { look, etag: () => etag };
}

/** A package that was pushed since it was last looked at, in seconds since 1970; undefined: it never was. */
interface Changed {
  readonly kind: "changed";
  readonly followed: Followed;
  readonly now: AurPackage;
  readonly since: number | undefined;
}

/** What the metadata alone tells. */
function firstLook(
  followed: Followed,
  { packages }: AurMetadata,
  takenOverAt: number | undefined,
): Changed | Sighting {
  const { pkgbase, seen } = followed;
  const now: AurEntry | undefined = packages.get(pkgbase);
  if (now === undefined) return { kind: "problem", error: notInTheAur(pkgbase) };
  if (now.kind === "refused") return unavailable(unbelievable(pkgbase, now.why));
  const { lastModified, maintainers } = now;
  const since = seen.timestamp ?? takenOverAt;
  if (since === undefined || lastModified > since) return { kind: "changed", followed, now, since };
  if (seen.timestamp === undefined) {
    return { kind: "unchanged", seen: { ...seen, timestamp: lastModified }, maintainers };
  }
  // Metadata that is older than what was seen can't tell who the maintainers are now.
  return { kind: "unchanged", seen, ...(lastModified === since && { maintainers }) };
}

/**
 * What the AUR says of these packages once their recipes are here: who had pushed meanwhile, under whatever date,
 * would be seen in it. Undefined where it can't be asked; nobody is trusted then.
 */
async function confirm(ports: UpstreamPorts, changed: readonly Changed[]): Promise<AurMetadata | undefined> {
  if (changed.length === 0) return undefined;
  const pkgbases = new Set(changed.map(({ followed }) => followed.pkgbase));
  const pkgnames = [...new Set(changed.flatMap(({ followed }) => namesOf(followed)))];
  const answer = await orError(askRpc(ports, { pkgbases, pkgnames }));
  return answer instanceof SluiceError ? undefined : answer;
}

/** Whether what was fetched is what the metadata promised. */
function judgeFetched(
  { followed: { pkgbase, seen, srcinfo }, now, since }: Changed,
  fetched: Fetched | undefined,
  confirmed: AurMetadata | undefined,
  isMirrored: boolean,
): Sighting {
  if (!fetched) return unavailable(stale(pkgbase, "the AUR has it, but its Git or its mirror doesn't"));
  if (fetched.kind !== "recipe") return fetched;
  const { files, revision, committedAt } = fetched.recipe;
  if (revision === seen.revision) {
    const what = "the AUR says that it was pushed, but its Git has the recipe from before";
    return unavailable(stale(pkgbase, what));
  }
  const version = versionOf(files);
  if (version !== undefined && version !== now.version) {
    return unavailable(stale(pkgbase, `the AUR says it is at ${now.version}, but its Git has ${version}`));
  }
  const later = confirmed?.packages.get(pkgbase);
  if (later?.kind === "package" && later.lastModified > now.lastModified) {
    return unavailable(stale(pkgbase, "it was pushed again while its recipe was fetched"));
  }
  // Where no commit is remembered, a mirror's may be that of before, if it tells so itself. It is harmless then, but
  // the push doesn't count as seen.
  const mayBeOld =
    isMirrored &&
    seen.revision === undefined &&
    since !== undefined &&
    committedAt !== undefined &&
    committedAt <= since * 1000 &&
    (!srcinfo || srcinfoVersion(srcinfo) === now.version);
  const { votes, firstSubmitted, lastModified } = now;
  const maintainers = later?.kind === "package" ? later.maintainers : now.maintainers;
  return {
    kind: "recipe",
    recipe: {
      files,
      revision,
      committedAt,
      maintainers,
      metadataTime: later?.kind === "package" ? confirmed?.learnedAt : undefined,
      aur: { votes, firstSubmitted },
    },
    seen: { timestamp: mayBeOld ? since : lastModified, revision },
  };
}

/** Undefined where it isn't known; the gate decides then. */
function versionOf(files: UpstreamRecipe["files"]): string | undefined {
  const srcinfo = files.get(".SRCINFO");
  if (!srcinfo) return undefined;
  try {
    return srcinfoVersion(parseSrcinfo(Buffer.from(srcinfo.bytes).toString()));
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

function forEach(
  packages: readonly Followed[],
  tell: (followed: Followed) => Sighting,
): Map<string, Sighting> {
  return new Map(packages.map((followed) => [followed.pkgbase, tell(followed)]));
}

async function orError<T>(answer: Promise<T>): Promise<T | SluiceError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

function unavailable(error: SluiceError): Sighting {
  return { kind: "unavailable", error };
}

function stale(pkgbase: string, what: string): SluiceError {
  return new SluiceError("stale", `${pkgbase}: ${what}`, {
    hint: "The next run looks again.",
    facts: { pkgbase },
    exitCode: 1,
  });
}

function notInTheAur(pkgbase: string): SluiceError {
  return new SluiceError("not-in-aur", `${pkgbase} isn't in the AUR, or not any more`, {
    hint: `Keep the recipe as it is with CI_PKGBUILD_SOURCE=custom in ${pkgbase}/.CI/config, or remove the package.`,
    facts: { pkgbase },
    exitCode: 1,
  });
}

function unbelievable(pkgbase: string, why: string): SluiceError {
  return new SluiceError("aur-metadata", `${pkgbase}: the AUR's metadata can't be understood: ${why}`, {
    hint: "The next run looks again.",
    facts: { pkgbase },
    exitCode: 1,
  });
}
