import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { requireRepository } from "../../ci/pipeline/workspace-refs.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { resolveCommit } from "../../git/history.ts";
import { openInstallations, type Installations } from "../../manager/installation.ts";
import { revisionsOf, type Revision } from "../../manager/reconcile/revision.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { nativeArchitectures } from "../../system/architecture.ts";
import type { PackageRepos } from "../../manager/workspaces/package-repos.ts";
import { requireValidConfig } from "../../workspace/workspace.ts";
import { findRoot } from "./root.ts";
import { requireOwnWorkspace, stateFolder } from "./state-folder.ts";

/** Options that all commands share which build here. */
export interface InstallationOptions {
  readonly root?: string;
  readonly state?: string;
  readonly sandbox?: Sandbox["name"];
  readonly jobs?: string;
  readonly cross?: boolean;
}

export interface Opened {
  /** One for each architecture. */
  readonly installations: Installations;
  /** Of the first architecture. */
  readonly head: Revision;
  readonly worker: string;
  readonly jobs: number;
  /** The architectures that are built for here; undefined: all. */
  readonly archs: readonly string[] | undefined;
}

/**
 * Where there may be no state: that there is a workspace that it could be of, unless the state's folder was named.
 *
 * @throws SluiceError `no-commits`
 */
export async function requireWorkspace({ root, state }: InstallationOptions): Promise<void> {
  if (state === undefined) await requireRepository(openGit(findRoot(root), process.env));
}

/**
 * Where gpg looks for the keys of the user.
 *
 * @throws SluiceError `no-home` for a user without an entry in passwd
 */
export function gnupgHome(): string {
  const own = process.env["GNUPGHOME"];
  if (own !== undefined) return own;
  try {
    return join(homedir(), ".gnupg");
  } catch {
    throw new SluiceError("no-home", "this user has no home folder", { hint: "Set HOME or GNUPGHOME." });
  }
}

/** Opens what builds need, and reads the workspace at HEAD. */
export async function open(
  options: InstallationOptions,
  leastJobs = 1,
  targets?: PackageRepos["targets"],
): Promise<Opened> {
  const jobs = jobCount(options.jobs, leastJobs);
  requireOwnWorkspace(options);
  const git = openGit(findRoot(options.root), process.env);
  const head = await readHead(git);
  requireValidConfig(head.workspace);
  const installations = await openInstallations({
    git,
    settings: head.workspace.config,
    state: stateFolder(options),
    sandbox: await chooseSandbox(options.sandbox),
    sandboxOf: await imageSandboxes(options.sandbox),
    gnupgHome: gnupgHome(),
    extra: targets?.get(head.workspace.config.BUILD_REPO),
  });
  const worker = `${hostname()}/${process.pid}`;
  return { installations, head, worker, jobs, archs: archsHere(options, installations) };
}

/** The architectures of these that are built for here; undefined: all of them. */
export function archsHere(
  { cross = false }: InstallationOptions,
  installations: Installations,
): readonly string[] | undefined {
  if (cross) return undefined;
  const native = nativeArchitectures();
  const all = [...new Set(installations.map(({ arch }) => arch))];
  const own = all.filter((arch) => native.includes(arch));
  return own.length === all.length ? undefined : own;
}

/** @throws SluiceError `no-commits` */
export async function readHead(git: Git): Promise<Revision> {
  const commit = await resolveCommit(git, "HEAD");
  if (commit === undefined) {
    throw new SluiceError("no-commits", `${git.dir}: not a Git repository with commits`, {
      hint: "Sluice builds what is committed. Run it in a clone of your packages, or name one with --root.",
      facts: { path: git.dir },
    });
  }
  return revisionsOf(git).at(commit);
}

/** Bubblewrap unless another is asked for by name; the host isolates nothing. */
export async function chooseSandbox(name: Sandbox["name"] = "bubblewrap"): Promise<Sandbox> {
  if (name === "container")
    return (await import("../../sandbox/container/container.ts")).container(process.env);
  if (name === "host") return (await import("../../sandbox/host.ts")).host();
  const { probeBubblewrap } = await import("../../sandbox/bubblewrap/probe.ts");
  const forbidden = probeBubblewrap();
  if (forbidden) throw forbidden;
  return (await import("../../sandbox/bubblewrap/bubblewrap.ts")).bubblewrap();
}

/**
 * Containers of images that jobs of releases name, where an engine was named, or builds run in containers anyway.
 *
 * @throws SluiceError `container-engine`
 */
export async function imageSandboxes(
  name: Sandbox["name"] | undefined,
): Promise<((image: string) => Sandbox) | undefined> {
  if (name !== "container" && !process.env["CONTAINER_ENGINE"]) return undefined;
  const { container } = await import("../../sandbox/container/container.ts");
  // Named now where it can't be one.
  container(process.env);
  const known = new Map<string, Sandbox>();
  return (image) => {
    const sandbox = known.get(image) ?? container({ ...process.env, BUILDER_IMAGE: image });
    known.set(image, sandbox);
    return sandbox;
  };
}

/** @param least 0 where something else builds, too */
export function jobCount(text = "1", least = 1): number {
  const jobs = Number(text);
  if (/^\d{1,3}$/.test(text) && jobs >= least) return jobs;
  throw new SluiceError("usage", `--jobs: ${JSON.stringify(text)} is not a number of builds at a time`, {
    hint: "For example: --jobs 2",
  });
}

/** Ends work in an orderly way on the first Ctrl-C or SIGTERM, at once on the second. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}
