import { checkTemplate, filledForTarget } from "./check-template.ts";
import { allJobs, jobName, listOf, type DefinedJob, type Definition } from "../definition.ts";
import { named, shown, suggestion } from "../explain.ts";
import { areSeveral, makersOf, targetsOf } from "../makers.ts";
import type { Publication } from "../publication-kinds.ts";
import type { Mistake } from "../problems.ts";
import type { Archive } from "../schema.ts";

type Makers = ReadonlyMap<string, readonly DefinedJob[]>;

/** What archives and publications say of artifacts, and whether their names and addresses can be told apart. */
export function checkPublications(definition: Definition): Mistake[] {
  const makers = makersOf(allJobs(definition));
  return [
    ...checkArchives(definition, makers),
    ...[...definition.publications].flatMap(([name, publication]) => [
      ...checkOf(definition, makers, name, publication),
      ...checkAddress(definition, makers, name, publication),
      ...checkPlatforms(definition, makers, name, publication),
    ]),
    ...checkFiles(definition, makers),
  ];
}

function checkArchives(definition: Definition, makers: Makers): Mistake[] {
  const mistakes: Mistake[] = [];
  const taken = new Map<string, string>();
  for (const [name, archive] of definition.archives) {
    const at = ["archives", name];
    if (allJobs(definition).some(({ makes }) => makes.has(name)))
      mistakes.push({ at, message: `${named(at)}is an artifact's name, too` });
    const found = makers.get(archive.of);
    mistakes.push(...checkArtifact([...at, "of"], archive.of, found, [...makers.keys()]));
    if (found) mistakes.push(...checkArchiveNames(definition, name, archive, targetsOf(found), taken));
  }
  return mistakes;
}

function checkArchiveNames(
  definition: Definition,
  name: string,
  archive: Archive,
  targets: readonly string[] | undefined,
  taken: Map<string, string>,
): Mistake[] {
  const at = ["archives", name, "name"];
  const mistakes = checkTemplate(definition, at, archive.name, targets);
  if (mistakes.length > 0) return mistakes;
  for (const target of targets ?? [undefined]) {
    const file = filledForTarget(definition, archive.name, target) ?? archive.name;
    const is = `${named(at)}${shown(file)}${target === undefined ? "" : ` of ${target}`}`;
    if (!/\.(?:tar\.xz|zip)$/.test(file))
      return [{ at, message: `${is} ends neither in .tar.xz nor in .zip` }];
    if (file.includes("/")) return [{ at, message: `${is} is a path; an archive is one file` }];
    const other = taken.get(file);
    if (other !== undefined) return [{ at, message: `${is} is the name of ${other}, too` }];
    taken.set(file, target === undefined ? `the archive ${name}` : `the archive ${name} of ${target}`);
  }
  return [];
}

function checkOf(
  { publications, archives }: Definition,
  makers: Makers,
  name: string,
  publication: Publication,
): Mistake[] {
  if (publication.to === "crates") return [];
  const at = ["publish", name, "of"];
  return listOf(publication.of).flatMap((of): Mistake[] => {
    if (publication.to !== "page") {
      return archives.has(of)
        ? []
        : checkArtifact(at, of, makers.get(of), [...makers.keys(), ...archives.keys()]);
    }
    const known = [...publications]
      .filter(([, { to }]) => to === "files" || to === "oci")
      .map(([each]) => each);
    if (known.includes(of)) return [];
    const message = publications.has(of)
      ? `a page lists files and oci, and ${of} is ${publications.get(of)!.to}`
      : `there is no publication ${shown(of)}${suggestion(of, known)}`;
    return [{ at, message: `${named(at)}${message}`, lacks: of }];
  });
}

function checkArtifact(
  at: readonly PropertyKey[],
  artifact: string,
  makers: readonly DefinedJob[] | undefined,
  known: readonly string[],
): Mistake[] {
  if (!makers) {
    return [
      {
        at,
        message: `${named(at)}no job makes ${shown(artifact)}${suggestion(artifact, known)}`,
        lacks: artifact,
      },
    ];
  }
  const loose = makers.find(({ gate }) => !gate);
  if (!loose) return [];
  const message = `${jobName(loose)} makes ${artifact} and has gate = false, so that nothing can wait for it`;
  return [{ at, message: `${named(at)}${message}` }];
}

function checkAddress(
  definition: Definition,
  makers: Makers,
  name: string,
  publication: Publication,
): Mistake[] {
  const at = (key: string): readonly string[] => ["publish", name, key];
  switch (publication.to) {
    case "crates":
    case "pypi":
      return [];
    case "page":
      return checkTemplate(definition, at("at"), publication.at, undefined, []);
    case "oci":
      return checkTemplate(definition, at("at"), publication.at, undefined);
    case "forge":
      return checkTemplate(definition, at("title"), publication.title ?? "", undefined);
    default: {
      const targets = commonTargets(definition, makers, publication);
      const suite = publication.to === "deb" ? publication.suite : "";
      return [
        ...checkTemplate(definition, at("at"), publication.at, targets),
        ...checkTemplate(definition, at("suite"), suite, undefined),
      ];
    }
  }
}

/** Undefined where an artifact has none: then nothing in an address can be a target's. */
function commonTargets(
  definition: Definition,
  makers: Makers,
  publication: Publication,
): readonly string[] | undefined {
  const each = listOf(publication.of).map((name) => artifactTargets(definition, makers, name));
  return each.includes(undefined) ? undefined : [...new Set(each.flatMap((targets) => targets ?? []))];
}

function artifactTargets(
  { archives }: Definition,
  makers: Makers,
  name: string,
): readonly string[] | undefined {
  return targetsOf(makers.get(archives.get(name)?.of ?? name) ?? []);
}

/** An image for several targets is one index, which says for each which platform it is for. */
function checkPlatforms(
  definition: Definition,
  makers: Makers,
  name: string,
  publication: Publication,
): Mistake[] {
  if (publication.to !== "oci") return [];
  const at = ["publish", name, "of"];
  const targets = listOf(publication.of).flatMap((of) => artifactTargets(definition, makers, of) ?? []);
  const lacking = targets.find((target) => !Object.hasOwn(definition.targets.get(target) ?? {}, "oci"));
  if (lacking === undefined) return [];
  const message = `the target ${shown(lacking)} has no field oci, such as oci = "linux/amd64"`;
  return [{ at, message: `${named(at)}${message}`, lacks: "oci" }];
}

/** No two files may come to one address. */
function checkFiles(definition: Definition, makers: Makers): Mistake[] {
  const taken = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const [name, publication] of definition.publications) {
    // Several go into a folder, where names are compared when they are known.
    if (publication.to !== "files" || typeof publication.of !== "string") continue;
    if (areSeveral(makers.get(publication.of) ?? [], publication.of)) continue;
    for (const target of artifactTargets(definition, makers, publication.of) ?? [undefined]) {
      const address = filledForTarget(definition, publication.at, target);
      const what = target === undefined ? name : `${name} of ${target}`;
      const other = address === undefined ? undefined : taken.get(address);
      const at = ["publish", name, "at"];
      if (other !== undefined)
        mistakes.push({ at, message: `${named(at)}${what} and ${other} come to one address` });
      else if (address !== undefined) taken.set(address, what);
    }
  }
  return mistakes;
}
