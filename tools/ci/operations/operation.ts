import type { DependencyTree } from "../../deptree/tree.ts";
import type { SluiceError } from "../../errors.ts";
import { commitMessage } from "../../gate/review/review-text.ts";
import { changeFiles, type FileChanges } from "../../git/change-files.ts";
import { commitsBetween } from "../../git/history.ts";
import type { Git } from "../../git/git.ts";
import type { RefUpdate } from "../../git/push.ts";
import { writeCommit, type Identity } from "../../git/write-commit.ts";
import type { WantedBuild } from "../../schedule/compose.ts";
import type { ScheduleFile } from "../../schedule/files.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import { listFolders, readFolders } from "../../workspace/commit.ts";
import { readState, type StateBranch } from "../../workspace/state/state.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import { parseWorkspace, requireValidConfig, type Workspace } from "../../workspace/workspace.ts";
import { commitRangeTo, type CommitRange } from "../pipeline/commit-range.ts";
import { scheduleFor } from "../pipeline/compose-schedule.ts";
import { commitState } from "../pipeline/commit-state.ts";
import type { Side } from "../on-commit/decide.ts";
import { readWorkspaceRefs, type WorkspaceRefs } from "../pipeline/workspace-refs.ts";
import { decideSince, withoutKind } from "../on-commit/decide-since.ts";
import type { SchedulePorts } from "../pipeline/ports.ts";
import { whyCloneCantFollow } from "../pipeline/local-clone.ts";
import { planWithRetry } from "../pipeline/plan-with-retry.ts";
import { nextRequests } from "../pipeline/next-requests.ts";
import { pushSchedule } from "../pipeline/push-schedule.ts";

export type OperationPorts = Pick<SchedulePorts, "git" | "platform" | "now" | "progress" | "checkpoint">;

/** The workspace as an operation finds it. */
export interface CurrentState {
  readonly refs: WorkspaceRefs;
  /** The packages as main has them. */
  readonly side: Side;
  readonly stateBranch: StateBranch;
}

/** What somebody asked to change by hand. */
export interface OperationRequest {
  /** What the commit's subject begins with: `feat(add)`. */
  readonly kind: string;
  /** The whole subject, instead. */
  readonly subject?: string;
  /** Packages that change, by name; none: there is nothing to commit. */
  readonly packages: readonly string[];
  readonly changes: FileChanges;
  /** What is remembered of packages from now on. */
  readonly states?: ReadonlyMap<string, PackageState>;
}

/** One commit, and the schedule of what it and the commits before it ask for. */
export interface OperationPlan {
  readonly refs: WorkspaceRefs;
  readonly range: Omit<CommitRange, "commits"> & { readonly commits: number };
  /** Main's commit afterwards. It is stored, but nothing leads to it yet. */
  readonly head: string;
  /** The commit of the branch `state` afterwards. */
  readonly state: string | undefined;
  readonly packages: readonly string[];
  readonly schedule: Schedule;
  readonly files: readonly ScheduleFile[];
  readonly workspace: Workspace;
  readonly tree: DependencyTree;
  /** What else changes with it, or not at all. */
  readonly others?: readonly RefUpdate[];
  /** Why it isn't done unless somebody insists. */
  readonly refusal?: SluiceError | undefined;
}

/** Reads main and the branch `state` as they are at the remote. */
export async function readCurrentState({ git, platform, progress }: OperationPorts): Promise<CurrentState> {
  progress("looking at main");
  const refs = await readWorkspaceRefs(git, platform);
  const folders = await listFolders(git, refs.head);
  const workspace = parseWorkspace(await readFolders(git, folders));
  requireValidConfig(workspace);
  return {
    refs,
    side: { entries: folders.entries, workspace },
    stateBranch: await readState(git, refs.state),
  };
}

/**
 * Stores the commit that fulfils a request, and decides about it and all commits since the tag `scheduled` as
 * on-commit does. No branch, tag or file changes yet.
 */
export async function planOperation(
  ports: OperationPorts,
  { refs, side, stateBranch }: CurrentState,
  request: OperationRequest,
): Promise<OperationPlan> {
  const { git, platform } = ports;
  const { config } = side.workspace;
  const before = await commitRangeTo(git, refs.head, refs.tag);
  const head = request.changes.size === 0 ? refs.head : await commitRequest(ports, refs, config, request);
  const own = head === refs.head ? [] : await commitsBetween(git, refs.head, head);
  const range: CommitRange = { ...before, head, commits: [...before.commits, ...own] };
  const { after, decisions } = await decideSince(git, range);
  const { workspace } = after;
  const builds = decisions.filter((decision) => decision.kind === "build");
  const { schedule, files, tree } = scheduleFor(
    { workspace, commit: head, platform },
    builds,
    decisions.flatMap((decision) => (decision.kind === "remove" ? [withoutKind(decision)] : [])),
  );
  return {
    refs,
    range: { ...range, commits: range.commits.length },
    head,
    state: await commitStateAfter(ports, stateBranch, workspace, builds, request),
    packages: request.packages,
    schedule,
    files,
    workspace,
    tree,
    refusal: await whyCloneCantFollow(git, platform, refs, head),
  };
}

async function commitRequest(
  { git, platform, now }: OperationPorts,
  refs: WorkspaceRefs,
  config: Workspace["config"],
  { kind, subject: own, packages, changes }: OperationRequest,
): Promise<string> {
  const message = own ?? commitMessage(packages.toSorted(), kind);
  const [subject = "", ...rest] = message.split("\n");
  return writeCommit(git, {
    tree: await changeFiles(git, refs.head, changes),
    parents: [refs.head],
    identity: await whoAsks(git, platform, config),
    date: now(),
    message: [`${subject}${platform.skipMark}`, ...rest].join("\n"),
  });
}

/** On a person's machine whoever Git says they are; in a pipeline, and where Git doesn't know, the workspace's account. */
async function whoAsks(
  git: Git,
  { kind }: OperationPorts["platform"],
  { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL }: Workspace["config"],
): Promise<Identity> {
  const account = { name: GIT_AUTHOR_NAME, email: GIT_AUTHOR_EMAIL };
  if (kind !== "local") return account;
  // Without this setting Git makes up an address of the user's and the machine's name.
  const { stdout } = await git.attempt(["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"]);
  const [, name, email] = /^(.+) <([^<>]+)> \d+ [+-]\d+$/.exec(stdout) ?? [];
  return name && email ? { name, email } : account;
}

/** Packages that are gone are forgotten. Where no run has written the state yet, the first one is to begin it. */
async function commitStateAfter(
  ports: OperationPorts,
  stateBranch: StateBranch,
  workspace: Workspace,
  builds: readonly WantedBuild[],
  { states = new Map() }: OperationRequest,
): Promise<string | undefined> {
  const { state } = stateBranch;
  const requests = nextRequests(state.requests, workspace, builds, ports.now());
  const packages = new Map(
    [...state.packages, ...states].filter(([pkgbase]) => workspace.packages.has(pkgbase)),
  );
  const next = { ...state, requests, ...(state.run.known && { packages }) };
  return commitState(ports, stateBranch, next, workspace.config);
}

/**
 * Plans and applies, again where a race is lost. A plan that is refused changes nothing.
 *
 * @returns the plan, and whether it was carried out
 */
export async function runOperation<Plan extends OperationPlan>(
  ports: OperationPorts,
  plan: () => Promise<Plan>,
): Promise<{ plan: Plan; done: boolean }> {
  const { plan: last, outcome: done } = await planWithRetry(
    ports.git,
    ports.progress,
    plan,
    async (planned) => {
      if (planned.refusal) return { kind: "done", outcome: false };
      const pushed = await pushSchedule(ports, planned.refs, planned, planned.files);
      return pushed.kind === "lost-race" ? pushed : { kind: "done", outcome: true };
    },
  );
  return { plan: last, done };
}
