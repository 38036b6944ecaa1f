import type { Definition } from "../../release/definition/definition.ts";
import { classify } from "../../release/refs/classify.ts";
import { compareTags } from "../../release/refs/version.ts";

/** A file that clients can get, of one release. */
export interface IndexedFile {
  readonly url: string;
  readonly path: string;
  readonly ref: string;
  /** Null where its address names none. */
  readonly target: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly date: Date;
}

/** `_releases.json`: releases by channel, versions newest first, files by target. */
export interface IndexGroup {
  readonly name: string;
  readonly hide: boolean;
  readonly type: "tag" | "commit";
  readonly description: string;
  readonly builds: readonly {
    readonly version: string;
    readonly date: string;
    readonly builds: readonly {
      readonly target: string | null;
      readonly path: string;
      readonly url: string;
      readonly size: number;
      readonly sha256: string;
    }[];
  }[];
}

/** Which release and target a file is of, by the address that a publication gives its files. */
export function addressPattern(at: string): RegExp {
  const source = at.replaceAll(/\{([a-z0-9_]+)\}|([^{}]+)/g, (_, field: string | undefined, text: string) => {
    if (field === undefined) return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    if (field === "ref") return "(?<ref>.+?)";
    return field === "target" ? "(?<target>[^/]+)" : "[^/]+";
  });
  return new RegExp(`^${source.replace(/\/$/, "")}(?:/[^/]+)?$`);
}

/** The first channel is open, the others are folded; a channel without releases isn't there. */
export function indexOf(definition: Definition, files: readonly IndexedFile[]): readonly IndexGroup[] {
  const byRef = new Map<string, IndexedFile[]>();
  for (const file of files) byRef.set(file.ref, [...(byRef.get(file.ref) ?? []), file]);
  const refs = [...byRef].map(([ref, own]) => ({
    ref,
    own,
    channel: channelOf(definition, ref),
    date: latest(own),
  }));
  const groups = [...definition.channels.keys()].flatMap((name): IndexGroup[] => {
    const own = refs.filter(({ channel }) => channel === name);
    const isOfCommits = definition.channels.get(name)!.tag === undefined;
    if (own.length === 0) return [];
    const sorted = own.toSorted((a, b) =>
      isOfCommits ? b.date.getTime() - a.date.getTime() : compareTags(b.ref, a.ref, definition.prefix),
    );
    return [
      {
        name,
        hide: false,
        type: isOfCommits ? "commit" : "tag",
        description: `Releases of ${name}`,
        builds: sorted.map(({ ref, own: of, date }) => ({
          version: ref,
          date: date.toISOString(),
          builds: of
            .toSorted((a, b) => (a.path < b.path ? -1 : 1))
            .map(({ target, path, url, bytes, sha256 }) => ({ target, path, url, size: bytes, sha256 })),
        })),
      },
    ];
  });
  return groups.map((group, index) => ({ ...group, hide: index > 0 }));
}

function latest(files: readonly IndexedFile[]): Date {
  return new Date(Math.max(...files.map(({ date }) => date.getTime())));
}

/** A commit's id is a branch's release. */
function channelOf(definition: Definition, ref: string): string | undefined {
  if (/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(ref)) {
    return [...definition.channels.values()].find(({ branch }) => branch !== undefined)?.name;
  }
  const found = classify(definition, { kind: "tag", name: ref, commit: "0".repeat(40) });
  return found.kind === "channel" ? found.channel.name : undefined;
}
