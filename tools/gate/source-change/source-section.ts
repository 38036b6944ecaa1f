import { inertInline } from "../review/inert.ts";
import { count } from "../review/review-findings.ts";
import { beyondTag, changedFiles, isBuiltFrom, type BeyondTag, type FileChange } from "./source-change.ts";
import { marks, type Mark } from "./source-marks.ts";
import type { SourceTree } from "./source-tree.ts";

/** What a source holds, or why that isn't known: the end of a sentence, without upstream's text. */
export type SourceReading =
  | { readonly tree: SourceTree }
  | { readonly problem: string; readonly isGrave?: boolean };

/** One source of an update, as it was and as it is. */
export interface SourceLook {
  /** As makepkg keeps it, `foo-1.2.tar.gz`; anybody's text. */
  readonly name: string;
  /** Undefined for a source that the recipe didn't have. */
  readonly before: SourceReading | undefined;
  readonly now: SourceReading;
  /** What the release is said to be made of; undefined where no tag is known, or it is made of it by the forge. */
  readonly tag: { readonly name: string; readonly reading: SourceReading } | undefined;
  /** Whether a checksum of the recipe says that it is what makepkg will use. */
  readonly isChecked: boolean;
}

/** What there is to say of a source, as of `EvidenceSection`. */
export interface SourceReport {
  readonly first: readonly string[];
  readonly lines: readonly string[];
}

/** How many names stand in a sentence, and in a line; and how many characters they may have there together. */
const [few, many] = [6, 40];
const roomForNames = 1200;

/** What changed in a source, and what its archive holds beyond its tag; what a person should look at comes first. */
export function reportSource(look: SourceLook): SourceReport {
  const { before, now, isChecked } = look;
  const shown = shownPath(look.name);
  if ("problem" in now) {
    const sentence = `${shown} ${now.problem}`;
    return { first: now.isGrave ? [sentence] : [], lines: [sentence] };
  }
  const old = before && "tree" in before ? before.tree : undefined;
  const against = reportTag(look, now.tree, old);
  // Against nothing, all of a source that only can't be had any more would be new.
  const isKnown = old !== undefined || before === undefined;
  const changes = isKnown ? changedFiles(old ?? new Map(), now.tree) : [];
  return {
    first: [...against.first, ...sentencesOfChange(changes, shown, old !== undefined)],
    lines: [
      ...(isChecked ? [] : [`The recipe has no checksum for ${shown}: what is built may be another file`]),
      ...(before && "problem" in before ? [`Of the version before ${shown}: it ${before.problem}`] : []),
      ...against.lines,
      ...(isKnown ? linesOfChange(changes, shown, old !== undefined) : []),
    ],
  };
}

function reportTag(
  { name, tag }: SourceLook,
  archive: SourceTree,
  old: SourceTree | undefined,
): SourceReport {
  if (!tag) return { first: [], lines: [] };
  const [shown, tagName] = [shownPath(name), shownPath(tag.name)];
  if ("problem" in tag.reading) {
    return { first: [], lines: [`Tag ${tagName}, of which ${shown} is: it ${tag.reading.problem}`] };
  }
  const { tree } = tag.reading;
  if (isBuiltFrom(archive, tree)) {
    const sentence = `${shown} holds hardly anything of tag ${tagName}: a build made it, and of what isn't known`;
    // What is built needs no build script, so one that comes may be of a source that was moved out of sight.
    const moved = changedFiles(old ?? new Map(), archive).some(
      ({ how, marks: own }) => how !== "gone" && own.includes("build"),
    );
    return { first: moved ? [sentence] : [], lines: [sentence] };
  }
  const beyond = beyondTag(archive, tree, old);
  return {
    first: sentencesBeyond(beyond, shown, tagName, old !== undefined),
    lines: linesBeyond(beyond, shown, tagName),
  };
}

/** Each file that stands out has a sentence of its own, the first few of them. */
function sentencesBeyond(
  beyond: readonly BeyondTag[],
  archive: string,
  tag: string,
  isCompared: boolean,
): string[] {
  const grave = beyond
    .filter((file) => file.isNew && gravity(file) > 0)
    .toSorted((a, b) => gravity(b) - gravity(a));
  const shown = grave.slice(0, few).map(({ path, how, marks: own }) => {
    const what = own.length > 0 ? ` (${describe(own)})` : "";
    const since = isCompared ? ", and the version before didn't" : "";
    return how === "extra"
      ? `${archive} holds ${shownPath(path)}${what}, which tag ${tag} doesn't have${since}`
      : `${archive} has another ${shownPath(path)}${what} than tag ${tag}`;
  });
  const more = grave.length - shown.length;
  return more > 0
    ? [...shown, `${archive} has ${count(more, "more such file")} that tag ${tag} doesn't have so`]
    : shown;
}

/** What no release tool does comes before what one may do; text that runs nothing is nothing to begin with. */
function gravity({ how, isGenerated, marks: own }: BeyondTag): number {
  const isHidden = own.some((mark) => mark === "program" || mark === "encoded");
  if (how === "other") return isHidden || own.includes("build") ? 4 : 2;
  if (isHidden) return 3;
  return own.includes("build") && !isGenerated ? 3 : 0;
}

function linesBeyond(beyond: readonly BeyondTag[], archive: string, tag: string): string[] {
  if (beyond.length === 0) return [`${archive} holds nothing that tag ${tag} doesn't have`];
  const groups = [
    ["other than in the tag", beyond.filter(({ how }) => how === "other")],
    ["not in the tag, and new in this version", beyond.filter((one) => isExtra(one) && one.isNew)],
    ["not in the tag, as in the version before", beyond.filter((one) => isExtra(one) && !one.isNew)],
    ["written by Autotools, new in this version", beyond.filter((one) => one.isGenerated && one.isNew)],
    ["written by Autotools, as in the version before", beyond.filter((one) => one.isGenerated && !one.isNew)],
  ] as const;
  return groups.flatMap(([title, files]) => listing(`${archive} against tag ${tag}: ${title}`, files));
}

function isExtra({ how, isGenerated }: BeyondTag): boolean {
  return how === "extra" && !isGenerated;
}

function sentencesOfChange(changes: readonly FileChange[], source: string, hasOld: boolean): string[] {
  const standing = changes.filter(({ how }) => how !== "gone");
  const hidden = standing.filter(
    ({ how, marks: own }) => how === "new" && own.some((mark) => isUnreadable(mark) || mark === "binary"),
  );
  const changed = standing.filter(({ how, marks: own }) => how === "changed" && own.some(isUnreadable));
  const build = hasOld ? standing.filter(({ marks: own }) => own.includes("build")) : [];
  const sentence = (text: string, files: readonly FileChange[]): string[] =>
    files.length === 0 ? [] : [`${source}: ${text}: ${names(files, few)}`];
  return [
    ...sentence("new files that nobody can read", hidden),
    ...sentence("changed files that nobody can read", changed),
    ...sentence("build scripts changed", build),
  ];
}

function isUnreadable(mark: Mark): boolean {
  return mark === "program" || mark === "encoded" || mark === "packed";
}

function linesOfChange(changes: readonly FileChange[], source: string, hasOld: boolean): string[] {
  if (changes.length === 0) return [`${source}: all files are as before`];
  const counted = (["new", "changed", "gone"] as const).flatMap((how) => {
    const number = changes.filter((change) => change.how === how).length;
    return number > 0 ? [`${number} ${how}`] : [];
  });
  const kinds = (Object.keys(marks) as Mark[]).flatMap((mark) =>
    listing(
      `${source}: ${marks[mark]}`,
      changes.filter(({ marks: own }) => own.includes(mark)),
    ),
  );
  const plain = changes.filter(({ marks: own }) => own.length === 0);
  const what = hasOld
    ? `files: ${counted.join(", ")}`
    : `a source that wasn't there before, of ${count(changes.length, "file")}`;
  return [`${source}: ${what}`, ...kinds, ...listing(`${source}: the rest`, plain)];
}

function listing(title: string, files: readonly (FileChange | BeyondTag)[]): string[] {
  return files.length === 0 ? [] : [`${title} (${files.length}): ${names(files, many)}`];
}

function names(files: readonly (FileChange | BeyondTag)[], most: number): string {
  const shown: string[] = [];
  let free = roomForNames;
  for (const { path, how } of files.slice(0, most)) {
    const note = how === "new" || how === "gone" ? ` ${how}` : "";
    const name = `${shownPath(path)}${note}`;
    if (name.length > free) break;
    shown.push(name);
    free -= name.length + 2;
  }
  const more = files.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A path of invisible characters is longer when it is shown. */
function shownPath(path: string): string {
  const shown = inertInline(path, 120);
  return shown.length > 300 ? inertInline(path, 30) : shown;
}

function describe(own: readonly Mark[]): string {
  return own.map((mark) => singular[mark]).join(", ");
}

const singular: Readonly<Record<Mark, string>> = {
  build: "a build script",
  program: "machine code",
  encoded: "encoded text",
  minified: "minified text",
  packed: "compressed",
  lock: "a lock file",
  ci: "for CI",
  submodule: "a submodule",
  binary: "binary",
  image: "a picture",
};
