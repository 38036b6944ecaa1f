import type { Definition } from "../../release/definition/definition.ts";
import type { DefinitionFiles } from "../../release/definition/definition-files.ts";
import type { DefinitionProblem } from "../../release/definition/problems.ts";
import { readDefinition } from "../../release/definition/read-definition.ts";
import { isProjectName } from "../../release/definition/texts.ts";
import { nearestName } from "../../nearest-name.ts";
import { readLock, type Lock } from "../../release/refs/lock.ts";
import { contentOf, releasesDir, type ReleaseFiles } from "./release-files.ts";

/** A folder `releases/NAME/` with a `release.toml`. */
export interface Project {
  readonly name: string;
  /** Undefined where it has problems. */
  readonly definition: Definition | undefined;
  /** By channel. */
  readonly locks: ReadonlyMap<string, Lock>;
  readonly problems: readonly DefinitionProblem[];
}

/** The projects by name, sorted. What is wrong with one never hides another. */
export function readProjects(files: ReleaseFiles): ReadonlyMap<string, Project> {
  const names = [...files.keys()].flatMap(
    (path) => /^releases\/([^/]+)\/release\.toml$/.exec(path)?.[1] ?? [],
  );
  return new Map(names.sort().map((name) => [name, readProject(name, files)]));
}

function readProject(name: string, files: ReleaseFiles): Project {
  const folder = `${releasesDir}/${name}`;
  const file = `${folder}/release.toml`;
  const none = (problem: DefinitionProblem): Project => ({
    name,
    definition: undefined,
    locks: new Map(),
    problems: [problem],
  });
  if (!isProjectName(name)) {
    return none({ file: folder, message: "is no project's name: a-z, 0-9 and . _ -; the folder is ignored" });
  }
  const content = contentOf(files, file);
  if (content.kind !== "file") {
    return none({ file, message: content.kind === "refused" ? content.reason : "is missing" });
  }
  const { definition, problems } = readDefinition(name, file, content.text, beside(files));
  const locks = readLocks(folder, files, definition);
  return { name, definition, locks: locks.locks, problems: [...problems, ...locks.problems] };
}

function beside(files: ReleaseFiles): DefinitionFiles {
  const refused = (path: string): string | undefined => {
    const content = files.get(path);
    if (!content) return "is missing";
    return content.kind === "refused" ? content.reason : undefined;
  };
  return {
    open: (path) => {
      const content = contentOf(files, path);
      return content.kind === "file" ? { text: content.text } : { refused: refused(path) ?? "isn't read" };
    },
    whyMissing: refused,
  };
}

function readLocks(
  folder: string,
  files: ReleaseFiles,
  definition: Definition | undefined,
): { locks: ReadonlyMap<string, Lock>; problems: readonly DefinitionProblem[] } {
  const locks = new Map<string, Lock>();
  const problems: DefinitionProblem[] = [];
  for (const file of files.keys()) {
    if (!file.startsWith(`${folder}/`)) continue;
    const [, channel] = /^([^/]+)\.lock$/.exec(file.slice(folder.length + 1)) ?? [];
    if (channel === undefined) continue;
    const content = contentOf(files, file);
    if (content.kind !== "file") {
      problems.push({ file, message: content.kind === "refused" ? content.reason : "is missing" });
      continue;
    }
    const { lock, problems: found } = readLock(file, content.text);
    problems.push(...found);
    if (lock) locks.set(channel, lock);
    if (!definition || definition.channels.has(channel)) continue;
    const nearest = nearestName(channel, [...definition.channels.keys()]);
    const meant = nearest === undefined ? "" : `; did you mean ${nearest}.lock?`;
    problems.push({ file, message: `there is no channel of that name${meant}` });
  }
  return { locks, problems };
}
