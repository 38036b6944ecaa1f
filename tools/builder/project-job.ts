import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { bundle } from "./bundling/bundle.ts";
import { LookupUnfinished, systemLibraries } from "./bundling/system-libraries.ts";
import type { BuildLog } from "./log.ts";
import { readOnly, stageRunner, type StageLimits, type StageRunner, type Unfinished } from "./stage.ts";

/** A script of a project's release, and what it is run on. */
export interface ProjectJob {
  /** A folder with the project's source at the commit that is released. */
  readonly source: string;
  /** A folder with the definition's own files. */
  readonly scripts: string;
  /** The script, a path in that folder. */
  readonly script: string;
  /** A folder with what earlier jobs made. */
  readonly artifacts: string;
  /** What is asked for, by a path in which `*` stands for anything. */
  readonly makes: readonly { readonly artifact: string; readonly path: string }[];
  /** Further artifacts: one that it makes, with the libraries that its programs need in a folder of it. */
  readonly bundles: readonly { readonly artifact: string; readonly of: string; readonly libraries: string }[];
  /** What the script is told besides. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  /** Folders of the job's own that are there as an archive of an earlier run has them; undefined: none. */
  readonly cache?:
    | {
        readonly paths: readonly string[];
        /** The archive; undefined: there is none yet. */
        readonly from: string | undefined;
        /** Whether a new one is made. */
        readonly keep: boolean;
      }
    | undefined;
  /** An empty folder; what was made lies in it then, `<artifact>/…`. */
  readonly into: string;
  readonly seconds: number;
  readonly limits: StageLimits;
  readonly signal?: AbortSignal | undefined;
}

/** Files by artifact, as paths below `<into>/<artifact>`. */
export type ProjectJobResult =
  | {
      readonly kind: "made";
      readonly files: ReadonlyMap<string, readonly string[]>;
      /** The archive of the cached folders. */
      readonly cache: string | undefined;
    }
  | Unfinished;

/**
 * Runs the script in a copy of the source, and brings out what it was to make. The script is a stranger's: what it
 * does wrong is a result. It sees nothing of this machine's but its system programs, and no secret.
 */
export async function runProjectJob(
  job: ProjectJob,
  sandbox: Sandbox,
  log: BuildLog,
): Promise<ProjectJobResult> {
  const { makes, into, seconds, limits, signal, cache } = job;
  const stages = stageRunner(sandbox, log, { seconds, skipCode: 0, limits, signal });
  log.note(job.network ? "The script has network access (network = true)." : "The script has no network.");
  const ended = await stages.run(job.script, {
    script,
    network: job.network,
    mounts: [
      readOnly(job.source, "/source"),
      readOnly(job.scripts, "/scripts"),
      readOnly(job.artifacts, "/artifacts"),
      ...(cache?.from === undefined ? [] : [readOnly(cache.from, "/cache.tar")]),
    ],
    env: {
      ...job.env,
      SOURCE: "/source",
      SCRIPTS: "/scripts",
      SCRIPT: job.script,
      ARTIFACTS: "/artifacts",
      CACHED: (cache?.paths ?? []).join("\n"),
      CACHE: cache?.from === undefined ? "" : "/cache.tar",
      KEEP_KIB: cache?.keep ? String(maxCacheBytes / 1024) : "",
      MAKES: makes.map(({ artifact, path }) => `${artifact}\t${path}\n`).join(""),
    },
    collect: { from: "made", into },
  });
  if ("kind" in ended) return ended;
  // A script may put such a file there itself.
  const isKept = cache?.keep === true && ended.collected.includes(cachedArchive);
  const archive = isKept ? join(into, cachedArchive) : undefined;
  const long = ended.collected.find((path) => path.length > longestPath || /\p{Cc}/u.test(path));
  if (long !== undefined) {
    const message = `an artifact's path is longer than ${longestPath} characters, or has control characters: ${JSON.stringify(long.slice(0, 100))}`;
    return { kind: "failed", message };
  }
  const files = new Map<string, string[]>(makes.map(({ artifact }) => [artifact, []]));
  for (const path of ended.collected) {
    const [artifact = "", ...rest] = path.split("/");
    if (!(await lstat(join(into, path))).isFile()) continue;
    files.get(artifact)?.push(rest.join("/"));
  }
  const missing = makes.find(({ artifact }) => files.get(artifact)?.length === 0);
  if (missing) {
    const { artifact, path } = missing;
    return { kind: "failed", message: `${job.script} left no file at ${path}, which was to be ${artifact}` };
  }
  return (await addBundles(job, files, stages, log)) ?? { kind: "made", files, cache: archive };
}

/** Where it was built is known what it was built with, and only there. */
async function addBundles(
  { bundles, into, script }: ProjectJob,
  files: Map<string, readonly string[]>,
  stages: StageRunner,
  log: BuildLog,
): Promise<Unfinished | undefined> {
  const found = join(into, ".libraries");
  const find = systemLibraries(stages, found);
  try {
    for (const { artifact, of, libraries } of bundles) {
      const tree = {
        folder: join(into, of),
        files: files.get(of) ?? [],
        libraries,
        into: join(into, artifact),
      };
      const note = (line: string): void => log.note(`${artifact}: ${line}.`);
      files.set(artifact, await bundle(tree, find, note));
    }
    return undefined;
  } catch (error) {
    if (error instanceof LookupUnfinished) return error.end;
    if (!(error instanceof SluiceError)) throw error;
    return { kind: "failed", message: `${script} left what can't be bundled: ${error.message}` };
  } finally {
    await rm(found, { recursive: true, force: true });
  }
}

/** Beside the artifacts, whose names begin with a letter. */
const cachedArchive = ".cache/tar";

/** Of an artifact's file, in UTF-16 code units. */
const longestPath = 500;

/** How large a job's cache may be; a larger one isn't kept. */
const maxCacheBytes = 2 * 2 ** 30;

/**
 * What an earlier run left comes first, so that every file of the source is newer: nothing that was compiled passes for
 * what this source comes to. What of it can't be read is left out.
 *
 * What the script leaves is looked at in the sandbox, with its rights alone; the copy that is brought out is looked at
 * once more outside.
 */
const script = `set -eu
dir=$BUILDDIR source=$SOURCE script=$SCRIPTS/$SCRIPT makes=$MAKES cache=$CACHE keep=$KEEP_KIB
readarray -t cached < <(printf %s "$CACHED")
unset BUILDDIR SOURCE SCRIPT MAKES CACHED CACHE KEEP_KIB SRCDEST PKGDEST CAUR_PUSH CI_CODE_SKIP
mkdir -p "$dir/work" "$dir/made"
if [ -n "$cache" ]; then
  tar -xf "$cache" -C "$dir/work" -- "\${cached[@]}" || { rm -rf "$dir/work"; mkdir "$dir/work"; }
fi
if [ \${#cached[@]} -gt 0 ]; then cp -R --no-dereference --preserve=mode "$source/." "$dir/work"
else cp -R --no-dereference --preserve=mode,timestamps "$source/." "$dir/work"; fi
cd "$dir/work"
if [ -x "$script" ]; then "$script"; else bash "$script"; fi
cd "$dir/work"
shopt -s nullglob dotglob
refuse() { echo "$1" >&2; exit 1; }
while IFS=$'\\t' read -r artifact pattern; do
  IFS= ; found=($pattern); unset IFS
  for path in "\${found[@]}"; do
    [ -e "$path" ] || continue
    case "$(realpath -- "$path")" in
      "$(realpath -- "$dir/work")"/*) ;;
      *) refuse "$path leads out of the job's folder; $artifact isn't taken" ;;
    esac
    odd=$(find "$path" ! -type f ! -type d -print -quit)
    [ -z "$odd" ] || refuse "$odd is a link or a device; $artifact isn't taken (cp -RL copies what links lead to)"
    mkdir -p "$dir/made/$artifact"
    if [ -d "$path" ]; then cp -R -- "$path/." "$dir/made/$artifact"
    else cp -- "$path" "$dir/made/$artifact"; fi
  done
done <<< "$makes"
[ -n "$keep" ] || exit 0
found=()
for path in "\${cached[@]}"; do [ ! -d "$path" ] || found+=("$path"); done
[ \${#found[@]} -gt 0 ] || exit 0
size=$(du -sck -- "\${found[@]}" | tail -n 1 | cut -f 1)
if [ "$size" -gt "$keep" ]; then echo "The cache isn't kept: it has $size KiB, and may have $keep."; exit 0; fi
mkdir -p "$dir/made/.cache"
tar -cf "$dir/made/.cache/tar" -- "\${found[@]}" || rm -f "$dir/made/.cache/tar"
`;
