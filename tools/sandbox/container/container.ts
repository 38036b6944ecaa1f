import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { SluiceError } from "../../errors.ts";
import { collect, type Collection, collectionLimit } from "../jobs/collect.ts";
import { checkPaths } from "../jobs/job.ts";
import { limitNotes, outputNote } from "../jobs/limits.ts";
import { unprivilegedOwner } from "../jobs/owner.ts";
import { privateFolder } from "../jobs/private-folder.ts";
import { type Ending, supervise, type Tree } from "../jobs/supervise.ts";
import {
  isolations,
  type Job,
  type Outcome,
  type Owner,
  type Sandbox,
  type SandboxResult,
} from "../sandbox.ts";
import { containerArguments } from "./container-command.ts";
import { ask, type Engine, type EngineFacts, engineOf, factsOf, require } from "./engine.ts";
import { buildImage, type Image } from "./image.ts";
import { withoutNamespaces } from "./seccomp.ts";
import { type NamedPipes, namedPipes } from "./named-pipes.ts";

interface Host {
  readonly engine: Engine;
  readonly owner: Owner;
  /** Found out once: what the engine can, and the image, made again daily. */
  readonly prepare: () => Promise<{ readonly facts: EngineFacts; readonly image: Image }>;
}

const defaultImage = "docker.io/library/archlinux:base-devel";

/**
 * Isolation by a fresh container per job, of BUILDER_IMAGE, whose programs are those that builds use. It runs as the
 * calling user where that isn't root.
 *
 * @param env CONTAINER_ENGINE, BUILDER_IMAGE, and what the engine itself reads
 */
export function container(env: NodeJS.ProcessEnv = process.env): Sandbox {
  const engine = engineOf(env);
  const owner = unprivilegedOwner("container");
  const host = { engine, owner, prepare: preparation(engine, env["BUILDER_IMAGE"] || defaultImage, owner) };
  return {
    name: "container",
    programs: "image",
    isolates: new Set(isolations),
    owner,
    run: (job) => run(job, host),
  };
}

function preparation(engine: Engine, base: string, owner: Owner): Host["prepare"] {
  const hourMs = 60 * 60 * 1000;
  let facts: Promise<EngineFacts> | undefined;
  let image: { readonly made: Promise<Image>; readonly at: number } | undefined;
  return async () => {
    const known = await (facts ??= removeLeftovers(engine).then(() => factsOf(engine)));
    const now = Date.now();
    if (!image || now - image.at > hourMs)
      image = { made: buildImage(engine, base, owner, now / 1000), at: now };
    const made = image.made.catch((error: unknown) => {
      image = undefined;
      throw error;
    });
    return { facts: known, image: await made };
  };
}

/** Containers of callers that were killed while they started one; names are those of private folders. */
async function removeLeftovers(engine: Engine): Promise<void> {
  const listed = await require(engine, [
    "ps",
    "--all",
    "--filter",
    "name=^sluice-job-",
    "--format",
    "{{.Names}}",
  ]);
  const [, namespace] = /^sluice-job-(\d+)-/.exec(basename(emptyFolder())) ?? [];
  const left = listed.split("\n").filter((name) => {
    const [, own, caller] = /^sluice-job-(\d+)-(\d+)-/.exec(name) ?? [];
    return own !== undefined && own === namespace && !existsSync(`/proc/${caller}`);
  });
  if (left.length > 0) await ask(engine, ["rm", "--force", "--ignore", "--time", "0", ...left]);
}

/** For its name alone. */
function emptyFolder(): string {
  const folder = privateFolder();
  rmSync(folder, { recursive: true });
  return folder;
}

async function run(job: Job, host: Host): Promise<SandboxResult> {
  checkPaths(job);
  if (job.root) {
    throw new SluiceError("sandbox-job", "A container has the root file system of its image.", {
      hint: "Use bubblewrap for this job.",
    });
  }
  const { facts, image } = await host.prepare();
  const started = performance.now();
  const folder = privateFolder();
  try {
    const result = await runIn(folder, job, host, facts, image);
    const durationMs = Math.round(performance.now() - started);
    return { ...result, durationMs, notes: notes(job, facts, image) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `folder` is an empty one, for the pipes, and names the container. */
async function runIn(
  folder: string,
  job: Job,
  { engine, owner }: Host,
  facts: EngineFacts,
  image: Image,
): Promise<Omit<SandboxResult, "durationMs" | "notes">> {
  chmodSync(folder, 0o711);
  const name = basename(folder);
  const seccomp = join(folder, "seccomp.json");
  writeFileSync(seccomp, withoutNamespaces(readFileSync(facts.seccomp, "utf8")));
  const args = containerArguments(job, { name, image: image.name, pipes: folder, owner, facts, seccomp });
  const pipes = namedPipes(folder);
  try {
    const child = await start(engine, name, args, job.layer);
    const why = child.stderr === null ? Promise.resolve("") : text(child.stderr);
    const ready = Promise.race([once(pipes.status, "data"), once(child, "exit")]).finally(pipes.opened);
    const said = text(pipes.status);
    const collecting = job.collect
      ? collect(pipes.archive, job.collect.into, collectionLimit(job.limits))
      : Promise.resolve(nothing);
    // A full disk may end it while the job is still being watched; it's awaited, and thrown on, after that.
    collecting.catch(() => {});
    const ending = await supervise(child, pipes, job, treeOf(child, pipes, engine, name), ready);
    const collection = await collecting;
    const outcome = outcomeOf(ending, await said, collection, engine, await why);
    const collected = outcome.kind === "exited" && collection.kind === "collected" ? collection.files : [];
    return { outcome, collected, logTruncated: ending.logTruncated };
  } finally {
    pipes.opened();
    pipes.close();
    pipes.archive.destroy();
  }
}

const nothing: Collection = { kind: "collected", files: [] };

/** What a layer lies over, of a root file system. */
const layered = ["usr", "etc", "opt"];

/** Starts the container in a session of its own, so that Ctrl-C doesn't reach it. */
async function start(
  engine: Engine,
  name: string,
  args: readonly string[],
  layer: string | undefined,
): Promise<ChildProcess> {
  if (layer !== undefined) {
    await require(engine, ["create", ...args]);
    for (const path of layered.filter((path) => existsSync(join(layer, path)))) {
      await require(engine, ["cp", `${join(layer, path)}/.`, `${name}:/${path}`]);
    }
  }
  const command = layer === undefined ? ["run", ...args] : ["start", "--attach", "--sig-proxy=false", name];
  return spawn(engine.program, command, {
    cwd: "/",
    env: engine.env,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
}

/** All that runs inside ends with the first process there, and the engine's own with that. */
function treeOf(child: ChildProcess, pipes: NamedPipes, engine: Engine, name: string): Tree {
  let removing: Promise<unknown> = Promise.resolve();
  const remove = () => {
    removing = ask(engine, ["rm", "--force", "--ignore", "--time", "0", name]);
  };
  let late: NodeJS.Timeout | undefined;
  return {
    terminate: () => pipes.send("TERM"),
    kill() {
      pipes.close();
      if (child.exitCode === null && child.signalCode === null) late ??= setTimeout(remove, lateMs);
    },
    async gone() {
      clearTimeout(late);
      // Where the engine's program was ended from outside, its container goes on.
      if (child.signalCode !== null) remove();
      await removing;
    },
  };
}

/** How long the first process may take to end everything. */
const lateMs = 3000;

function outcomeOf(
  ending: Ending,
  said: string,
  collection: Collection,
  { program }: Engine,
  why: string,
): Outcome {
  const { stopped, signal } = ending;
  if (stopped) return { kind: stopped };
  if (/^out-of-memory$/m.test(said)) return { kind: "out-of-memory" };
  if (!said.startsWith("started")) {
    if (signal !== null)
      return { kind: "lost", reason: `${program} was ended by ${signal} while it started` };
    throw new SluiceError(
      "sandbox-start",
      `The container did not start: ${`${why}${ending.firstErrors}`.trim()}`,
      {
        hint: `Does this work as the user who runs Sluice: ${program} run --rm IMAGE true`,
      },
    );
  }
  const exited = /^exited (\d+)$/m.exec(said)?.[1];
  if (exited === undefined) return { kind: "lost", reason: "the container was ended from outside" };
  if (collection.kind === "refused") return { kind: "output-refused", reason: collection.reason };
  return { kind: "exited", code: Number(exited) };
}

function notes({ limits, network }: Job, { cgroup }: EngineFacts, { note }: Image): string[] {
  return [
    ...limitNotes(limits, cgroup),
    outputNote(limits),
    ...(note === undefined ? [] : [note]),
    network ? "network: as the host has it, its loopback included" : "network: none",
  ];
}
