import { createHash } from "node:crypto";
import { chmodSync, createReadStream, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { inertInline } from "../../gate/review/inert.ts";
import {
  isTagName,
  releasedFrom,
  type ChangedSource,
  type DeclaredSource,
  type Project,
  type ReleasedFrom,
} from "../../gate/source-change/changed-sources.ts";
import { ContentLooks } from "../../gate/source-change/content-looks.ts";
import {
  reportSource,
  type SourceReading,
  type SourceReport,
} from "../../gate/source-change/source-section.ts";
import { asInCommit, type SourceTree } from "../../gate/source-change/source-tree.ts";
import { isTagOf } from "../../gate/sources/tag-answers.ts";
import type { SourceEntry } from "../../gate/sources/source-entry.ts";
import type { Git } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { privateFolder } from "../../sandbox/jobs/private-folder.ts";
import type { Isolation, Sandbox } from "../../sandbox/sandbox.ts";
import { sumKinds, sumsOfStream } from "../new-version/checksums.ts";
import { refOf } from "../new-version/git-archive-sums.ts";
import { treeOfCommit } from "./git-tree.ts";
import { readArchive } from "./read-archive.ts";

export interface SourcePorts {
  readonly http: Http;
  /** Where what is fetched lies meanwhile. */
  readonly scratch: Git;
  readonly sandbox: Sandbox;
  /** Tags of a repository and their commits; undefined where it isn't reached. */
  readonly tagsOf: (url: string) => Promise<ReadonlyMap<string, string> | undefined>;
}

/** Bytes of one download; what is larger is mostly data, and costs more than a reviewer wants to wait for. */
const largestDownload = 512 * 2 ** 20;
/** Sources of one update; those of a vendored program's crates would be hundreds. */
const mostSources = 12;

/**
 * What changed in the sources of an update. Each is fetched as makepkg would, before and now, and looked at only if it
 * is what the recipe's checksums say; its release's tag is asked for what the archive should hold. Nothing of a source
 * is run, and nothing is left of it. What can't be had says so.
 *
 * @throws SluiceError `sandbox-needed` where this machine has nothing that keeps a hostile archive apart
 */
export async function lookAtSources(
  changed: readonly ChangedSource[],
  ports: SourcePorts,
): Promise<SourceReport> {
  requireIsolation(ports.sandbox);
  const first: string[] = [];
  const lines: string[] = [];
  for (const source of changed.slice(0, mostSources)) {
    const report = await lookAtSource(source, ports);
    first.push(...report.first);
    lines.push(...report.lines);
  }
  const left = changed.length - mostSources;
  if (left > 0) lines.push(`${left} more sources changed, which weren't looked at`);
  return { first, lines };
}

async function lookAtSource(
  { before, now, project }: ChangedSource,
  ports: SourcePorts,
): Promise<SourceReport> {
  const name = nameOf(now.entry);
  const old = before && (await read(before, ports));
  const current = await read(now, ports, old && "tree" in old ? old.tree : undefined);
  const released = "tree" in current ? await releaseOf(now.entry, project, ports) : undefined;
  const tag = released && {
    name: released.tag,
    reading: await caught(async () => ({
      tree: await treeOfCommit(released.url, `refs/tags/${released.tag}`, ports),
    })),
  };
  const isChecked = now.sums.size > 0 || now.entry.vcs !== undefined;
  return reportSource({ name, before: old, now: current, tag, isChecked });
}

/** The tag that a source is said to be made of: by its address, or the one of this version at the project's home. */
async function releaseOf(
  entry: SourceEntry,
  project: Project | undefined,
  { tagsOf }: SourcePorts,
): Promise<ReleasedFrom | undefined> {
  const released = releasedFrom(entry);
  if (released || !project) return released;
  const tags = await tagsOf(project.url).catch((error: unknown) => {
    if (error instanceof SluiceError) return undefined;
    throw error;
  });
  const named = [...(tags?.keys() ?? [])].filter((name) => isTagOf(name, project.pkgver) && isTagName(name));
  // Of several programs in one repository, whose tag it is isn't known.
  return named.length === 1 ? { url: project.url, tag: named[0]! } : undefined;
}

/** @param known files that needn't be looked at, as they were there before */
async function read(source: DeclaredSource, ports: SourcePorts, known?: SourceTree): Promise<SourceReading> {
  const { vcs, scheme, fragment } = source.entry;
  if (vcs !== undefined && vcs !== "git") return { problem: `isn't looked at: it comes by ${vcs}` };
  if (!/^https?$/.test(scheme)) return { problem: `isn't looked at: it comes by ${inertInline(scheme, 20)}` };
  if (vcs === undefined) return caught(() => readDownload(source, ports));
  const ref = refOf(fragment);
  if (ref === undefined)
    return { problem: "isn't looked at: it is pinned to no tag and to no whole commit id" };
  const ids = new Set([...(known?.values() ?? [])].map(({ id }) => id));
  const isNew = (id: string): boolean => !ids.has(id);
  return caught(async () => ({ tree: await treeOfCommit(urlOf(source.entry), ref, ports, isNew) }));
}

async function readDownload(source: DeclaredSource, { http, sandbox }: SourcePorts): Promise<SourceReading> {
  const folder = privateFolder();
  try {
    // The sandbox's user reads what lies in it.
    chmodSync(folder, 0o755);
    const file = join(folder, "source");
    await download(urlOf(source.entry), file, http);
    const wrong = await differingSum(file, source.sums);
    if (wrong !== undefined)
      return { problem: `isn't what its ${wrong}sums say: somebody replaced it`, isGrave: true };
    const files = await readArchive(file, sandbox);
    return { tree: files ? asInCommit(files) : await treeOfFile(file, nameOf(source.entry)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As it comes: makepkg asks for no other encoding either. */
async function download(url: string, file: string, http: Http): Promise<void> {
  const request = { maxBytes: largestDownload, headers: { "accept-encoding": "identity" } };
  await http.stream(url, request, async ({ status }, body) => {
    if (status !== 200)
      throw new SluiceError("unavailable", `the server answered ${status}`, { exitCode: 1 });
    await writeFile(file, body, { mode: 0o644 });
  });
}

/** The kind of a checksum that doesn't hold. */
async function differingSum(file: string, sums: DeclaredSource["sums"]): Promise<string | undefined> {
  const kinds = new Set(sumKinds.filter((kind) => sums.has(kind)));
  const actual = (await sumsOfStream(createReadStream(file), kinds)).sums;
  return [...kinds].find((kind) => actual.get(kind) !== sums.get(kind));
}

/** A source that is one file, such as a patch or a program: its name says its version, so it has none here. */
async function treeOfFile(path: string, name: string): Promise<SourceTree> {
  const looking = new ContentLooks();
  const hash = createHash("sha1");
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    looking.update(piece);
  }
  const kind = /\.\w+$/.exec(name)?.[0] ?? "";
  return new Map([
    [`the file itself${kind}`, { kind: "file", id: hash.digest("hex"), looks: looking.result() }],
  ]);
}

/** What can't be had is said, and is no reason to say nothing of the others. */
async function caught(reading: () => Promise<SourceReading>): Promise<SourceReading> {
  try {
    return await reading();
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code === "sandbox-start") throw error;
    if (error.code.startsWith("archive-")) return { problem: error.message };
    return { problem: `can't be had: ${inertInline(error.message, 300)}` };
  }
}

function nameOf({ name, segments, host, fragment }: SourceEntry): string {
  const last = name ?? segments.findLast((segment) => segment !== "") ?? host;
  return fragment === "" ? last : `${last}#${fragment}`;
}

/** Without what only makepkg understands. */
function urlOf({ scheme, userinfo, host, segments, query }: SourceEntry): string {
  const login = userinfo === undefined ? "" : `${userinfo}@`;
  return `${scheme}://${login}${host}/${segments.join("/")}${query === "" ? "" : `?${query}`}`;
}

const needed: readonly Isolation[] = ["network", "reads", "writes", "processes", "privileges"];

function requireIsolation({ isolates }: Sandbox): void {
  if (needed.every((each) => isolates.has(each))) return;
  throw new SluiceError(
    "sandbox-needed",
    "Sources are looked at in a sandbox only, and this machine has none.",
    {
      hint: "Install bubblewrap, and let it make user namespaces.",
    },
  );
}
