import { baseValue } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import { newVersion, type NewVersionPorts } from "../new-version/new-version.ts";
import type { TagSource } from "./tag-source.ts";
import type { Followed, Sighting } from "../upstream.ts";
import { compare, newestVersionTag } from "./version-tags.ts";

/** A tag, and the commit that it leads to. */
export interface Tag {
  readonly name: string;
  readonly commit: string;
  /** In milliseconds since 1970, where it's known. */
  readonly committedAt?: number | undefined;
}

/** A place that has tags. */
export interface TagPlace {
  readonly parse: (source: string) => TagSource;
  /** All tags of a project. Throws SluiceError, `unavailable` where it's worth asking another time. */
  readonly tags: (project: string) => Promise<readonly Tag[]>;
}

/** Brings recipes to their project's newest version tag; a project is asked once, however many follow it. */
export async function lookAtTags(
  packages: readonly Followed[],
  { parse, tags }: TagPlace,
  ports: NewVersionPorts,
): Promise<ReadonlyMap<string, Sighting>> {
  const asked = new Map<string, Promise<readonly Tag[]>>();
  const ask = (project: string): Promise<readonly Tag[]> => {
    const answer = asked.get(project) ?? tags(project);
    asked.set(project, answer);
    return answer;
  };
  const sightings = packages.map(async (followed): Promise<[string, Sighting]> => {
    const { pkgbase } = followed;
    try {
      const source = parse(followed.source);
      return [pkgbase, await sightingOf(followed, source, await ask(source.project), ports)];
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return [pkgbase, { kind: error.code === "unavailable" ? "unavailable" : "problem", error }];
    }
  });
  return new Map(await Promise.all(sightings));
}

async function sightingOf(
  { srcinfo, recipe, seen }: Followed,
  { project, rules }: TagSource,
  tags: readonly Tag[],
  ports: NewVersionPorts,
): Promise<Sighting> {
  const current = srcinfo && baseValue(srcinfo, "pkgver");
  if (current === undefined) throw withoutVersion();
  const names = tags.map(({ name }) => name);
  const newest = newestVersionTag(names, current, rules);
  const tag = tags.find(({ name }) => name === newest?.name);
  if (!newest || !tag) {
    if (tags.length === 0) throw withoutTags(project);
    return { kind: "unchanged", seen };
  }
  const { version } = newest;
  const { commit, committedAt } = tag;
  const revision = `${version}@${commit}`;
  const now = { ...seen, revision };
  if (revision === seen.revision || compare(version, current) <= 0) {
    return { kind: "unchanged", seen: now };
  }
  const files = await newVersion(await recipe(), { version, commit }, ports);
  return { kind: "recipe", recipe: { files, revision, committedAt }, seen: now };
}

function withoutVersion(): SluiceError {
  return new SluiceError(
    "version-missing",
    "Its pkgver isn't known without running the PKGBUILD, and there is no .SRCINFO, so there is nothing to compare with.",
    {
      hint: "Write it with: makepkg --printsrcinfo > .SRCINFO",
      facts: { path: ".SRCINFO" },
      exitCode: 1,
    },
  );
}

function withoutTags(project: string): SluiceError {
  return new SluiceError("no-tags", `${project} has no tags to follow.`, {
    hint: "Check CI_PKGBUILD_SOURCE, or follow the project in another way.",
    exitCode: 1,
  });
}
