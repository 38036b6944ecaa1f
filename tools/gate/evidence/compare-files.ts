import type { PackageContents, PackagedFile } from "../../binaries/contents.ts";
import { inertInline } from "../review/inert.ts";
import { capabilityNames } from "./capabilities.ts";
import { fact, type Fact } from "./fact.ts";
import { watchedPlace } from "./watched-places.ts";

/** One path in both packages; undefined on the side that lacks it. */
interface Pair {
  readonly path: string;
  readonly before: PackagedFile | undefined;
  readonly after: PackagedFile | undefined;
}

const [setuid, setgid, sticky, forOthers] = [0o4000, 0o2000, 0o1000, 0o002];

/**
 * What is new in a package's files, gravest first, then what only came or went.
 *
 * @param before undefined where there is nothing to compare with, so that all of it is new
 */
export function compareFiles(before: PackageContents | undefined, after: PackageContents): Fact[] {
  const pairs = pairsOf(before, after);
  const facts = pairs.flatMap((pair) => [
    ...privileges(pair),
    ...placed(pair),
    ...otherChanges(pair, before !== undefined),
  ]);
  return [
    ...facts,
    ...scriptletFacts(before?.scriptlet, after.scriptlet),
    ...libraryFacts(pairs, before !== undefined),
    ...listed("comes", before ? pairs.filter(isNew) : []),
    ...listed(
      "goes",
      pairs.filter(({ after: now }) => !now),
    ),
  ];
}

const isNew = ({ before }: Pair): boolean => before === undefined;

/** A file whose path says the version is the same file in another version, unless it gets to another kind of place. */
function pairsOf(before: PackageContents | undefined, after: PackageContents): Pair[] {
  const old = new Map<string, readonly [path: string, file: PackagedFile]>();
  for (const entry of before?.files ?? []) old.set(versionless(entry[0], before!), entry);
  const pairs: Pair[] = [];
  for (const [path, file] of after.files) {
    const key = before?.files.has(path) ? versionless(path, before) : versionless(path, after);
    const [was, known] = old.get(key) ?? [];
    const isSame = was !== undefined && watchedPlace(was) === watchedPlace(path);
    if (isSame) old.delete(key);
    pairs.push({ path, before: isSame ? known : undefined, after: file });
  }
  for (const [path, file] of old.values()) pairs.push({ path, before: file, after: undefined });
  return pairs;
}

/** No path holds a NUL. A version without a dot may stand anywhere. */
function versionless(path: string, { info }: PackageContents): string {
  const pkgver = info.version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  return pkgver.includes(".") ? path.replaceAll(pkgver, "\0") : path;
}

function privileges({ path, before, after }: Pair): Fact[] {
  if (!after) return [];
  const shown = inertInline(path, 200);
  const facts: Fact[] = [];
  const bits = after.type === "file" ? after.mode & (setuid | setgid) : 0;
  if (bits !== 0) {
    const kind = (bits & setuid) !== 0 ? "setuid" : "setgid";
    const isOld = before?.type === "file" && before.mode === after.mode && before.owner === after.owner;
    const says = `${shown} (${modeOf(after)}, ${ownerOf(after)})`;
    facts.push(
      isOld ? fact(`Stays ${kind}: ${says}`) : fact(`A ${kind} file: ${says}, and ${wasLike(before)}`, 9),
    );
  }
  if (after.capabilities !== undefined && after.capabilities !== before?.capabilities) {
    const which = inertInline(capabilityNames(after.capabilities), 300);
    facts.push(fact(`A file with capabilities: ${shown} gets ${which}`, 9));
  }
  if (after.type === "other") facts.push(fact(`A device or pipe: ${shown}`, before ? 0 : 7));
  if (isOpen(after) && !isOpen(before))
    facts.push(fact(`Anybody may write to ${shown} (${modeOf(after)})`, 6));
  return facts;
}

/** Whether it is open to everybody, other than `/tmp` is. */
function isOpen(file: PackagedFile | undefined): boolean {
  if (file === undefined || file.type.includes("link")) return false;
  return (file.mode & forOthers) !== 0 && (file.mode & sticky) === 0;
}

function wasLike(before: PackagedFile | undefined): string {
  return before ? `was ${modeOf(before)}, ${ownerOf(before)}` : "it wasn't there before";
}

/** What comes to, changes in, or leaves a place where files act by themselves. */
function placed({ path, before, after }: Pair): Fact[] {
  const place = watchedPlace(path);
  if (!place || (after ?? before)!.type === "folder") return [];
  const { what, weight } = place;
  const shown = withTarget(path, after);
  const says = what.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  if (!after) return [fact(`${says} goes: ${shown}`)];
  if (!before || before.type === "folder") return [fact(`${says} comes: ${shown}`, weight)];
  const isSame =
    before.digest === after.digest && before.target === after.target && before.type === after.type;
  return isSame ? [] : [fact(`${says} changes: ${shown}`, Math.max(1, weight - 1))];
}

function withTarget(path: string, file: PackagedFile | undefined): string {
  return `${inertInline(path, 200)}${file?.target ? ` → ${inertInline(file.target, 200)}` : ""}`;
}

/** @param isCompared whether there is a package to compare with */
function otherChanges({ path, before, after }: Pair, isCompared: boolean): Fact[] {
  const shown = inertInline(path, 200);
  if (!after) return [];
  if (!before) {
    const isProgram = /^usr\/(?:s?bin|lib\/[^/]+\/bin)\/[^/]+$/.test(path) && after.type !== "folder";
    return [
      ...(isProgram && isCompared ? [fact(`A program comes: ${shown}`, 2)] : []),
      ...(after.owner === "0:0" ? [] : [fact(`Comes and belongs to ${ownerOf(after)}: ${shown}`, 3)]),
    ];
  }
  const facts: Fact[] = [];
  if (before.type !== after.type) facts.push(fact(`Was a ${before.type}, is a ${after.type}: ${shown}`, 2));
  else if (before.target !== after.target && !watchedPlace(path)) {
    facts.push(
      fact(
        `Points elsewhere: ${shown} → ${inertInline(after.target, 200)}, before ${inertInline(before.target, 200)}`,
      ),
    );
  }
  if (!after.type.includes("link") && before.type === after.type && before.mode !== after.mode) {
    facts.push(fact(`Mode ${modeOf(before)} before, ${modeOf(after)} now: ${shown}`));
  }
  if (before.owner !== after.owner) {
    facts.push(fact(`Belonged to ${ownerOf(before)}, belongs to ${ownerOf(after)}: ${shown}`, 3));
  }
  return facts;
}

function scriptletFacts(before: string | undefined, after: string | undefined): Fact[] {
  if (after === before) return [];
  if (after === undefined) return [fact("The install scriptlet goes")];
  const old = new Set(before?.split("\n").map((line) => line.trim()));
  const lines = after.split("\n").filter((line) => line.trim() !== "" && !old.has(line.trim()));
  const shown = lines.slice(0, 30).map((line) => fact(`In the scriptlet: ${inertInline(line, 200)}`));
  const more = lines.length - shown.length;
  return [
    fact(
      `The install scriptlet, which pacman runs as root, ${before === undefined ? "is new" : "changes"}`,
      8,
    ),
    ...shown,
    ...(more > 0 ? [fact(`In the scriptlet: ${more} more lines`)] : []),
  ];
}

/** Libraries that nothing of the package needed before, and folders from which they are loaded. */
function libraryFacts(pairs: readonly Pair[], isCompared: boolean): Fact[] {
  const known = new Set(pairs.flatMap(({ before }) => elfOf(before)?.needed ?? []));
  return pairs.flatMap(({ path, before, after }) => {
    const shown = inertInline(path, 200);
    if (after?.elf === "unread" && before?.elf !== "unread") {
      return [fact(`Begins like a program or library and can't be read as one: ${shown}`, 5)];
    }
    const [old, now] = [elfOf(before), elfOf(after)];
    if (!now) return [];
    const added = now.needed.filter((library) => !old?.needed.includes(library));
    const isUnheard = added.some((library) => !known.has(library));
    const wanted = added.map((library) => inertInline(library, 100)).join(", ");
    const folders = searchFolders(now);
    return [
      // A new file that needs what others needed before is nothing new.
      ...(isCompared && added.length > 0 && (old || isUnheard)
        ? [fact(`NEEDED is new: ${shown} loads ${wanted}`, isUnheard ? 5 : 0)]
        : []),
      ...(folders !== "" && folders !== (old ? searchFolders(old) : "")
        ? [
            fact(
              `RPATH or RUNPATH is new: ${shown} looks for libraries in ${inertInline(folders, 200)}`,
              isUsual(folders, path) ? 2 : 7,
            ),
          ]
        : []),
    ];
  });
}

function elfOf(file: PackagedFile | undefined): Exclude<PackagedFile["elf"], "unread"> {
  return file?.elf === "unread" ? undefined : file?.elf;
}

function searchFolders({
  rpath,
  runpath,
}: {
  readonly rpath: string | undefined;
  readonly runpath: string | undefined;
}): string {
  return runpath ?? rpath ?? "";
}

/** Whether libraries are looked for in the package's own folders and the system's alone. */
function isUsual(folders: string, path: string): boolean {
  return folders.split(":").every((one) => {
    const parts = path.split("/").slice(0, -1);
    if (!/^\$(?:ORIGIN|\{ORIGIN\})(?:\/|$)/.test(one)) parts.length = 0;
    else if (parts.length === 0) return false;
    for (const part of one.replace(/^\$(?:ORIGIN|\{ORIGIN\})/, "").split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return /^(?:usr\/lib(?:\/|$)|usr\/(?:bin|share)\/|opt\/)/.test(`${parts.join("/")}`) && /^[/$]/.test(one);
  });
}

const mostListed = 100;

function listed(what: "comes" | "goes", pairs: readonly Pair[]): Fact[] {
  const files = pairs.filter(({ before, after }) => (after ?? before)!.type !== "folder");
  const shown = files
    .slice(0, mostListed)
    .map(({ path, after }) => fact(`${what === "comes" ? "Comes" : "Goes"}: ${withTarget(path, after)}`));
  const more = files.length - shown.length;
  return more > 0 ? [...shown, fact(`${more} more files ${what === "comes" ? "come" : "go"}`)] : shown;
}

function modeOf({ mode }: PackagedFile): string {
  return mode.toString(8).padStart(4, "0");
}

function ownerOf({ owner }: PackagedFile): string {
  return owner === "0:0" ? "root" : owner;
}
