import colors from "picocolors";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openLog } from "../../builder/log.ts";
import { openGit, type Git } from "../../git/git.ts";
import { recordKeeper } from "../../manager/releases/record/record-keeper.ts";
import { recordsAt } from "../../manager/releases/record/push-records.ts";
import { releaseAt, type ReleaseAt } from "../../manager/releases/record/release-at.ts";
import { releasePlace } from "../../manager/releases/release-place.ts";
import { ReleaseRecords } from "../../manager/releases/record/release-records.ts";
import { runRelease, type Ended } from "../../manager/releases/run-release.ts";
import { refText, type ReleaseRef } from "../../release/refs/ref.ts";
import type { ReleasePlan } from "../../release/plan/release-plan.ts";
import { whyUnsigned } from "../../manager/releases/signature.ts";
import { SluiceError } from "../../errors.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { classify } from "../../release/refs/classify.ts";
import { underLock } from "../../system/lock.ts";
import { askProjectRef } from "../../upstream/refs/project-ref.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireDefinition, requireProject, requireUnmoved } from "../../workspace/releases/required.ts";
import { stateCommitHere } from "../../workspace/state/state-commit.ts";
import { describePlan } from "../output/release-plan.ts";
import { info, printable, useColors, warn } from "../output/report.ts";
import { open, stopSignal, type InstallationOptions } from "../wiring/installation.ts";
import { withRemoteRefs } from "../wiring/remote-refs.ts";
import { findRoot } from "../wiring/root.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { mentionUncommitted } from "../wiring/uncommitted.ts";
import { verifyRelease } from "./verify-release.ts";

interface Options extends InstallationOptions {
  readonly channel?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
}

/** Shows what releases come to, makes them here, job after job, or reads back what was published of them. */
export async function release(options: Options, name: string, ref: string | undefined): Promise<number> {
  if (options.verify) return verifyRelease(options, name, ref);
  const { json = false, dryRun = false } = options;
  const git = openGit(findRoot(options.root), process.env);
  await mentionUncommitted(git, "releases", new Set([name]));
  const found = await releasesOf(git, options, name, ref);
  const plans = found.map(({ plan }) => plan);
  if (json) process.stdout.write(`${JSON.stringify(plans, null, 2)}\n`);
  else if (dryRun || plans.some(({ kind }) => kind !== "release"))
    process.stdout.write(printable(plans.map(describePlan).join("\n")));
  if (plans.length === 0)
    info(`${name} has no lock file yet, so nothing was released. Name a tag or a branch.`);
  if (dryRun) return plans.some(needsPerson) ? 1 : 0;
  if (plans.some(({ kind }) => kind !== "release")) return 1;
  return makeReleases(options, found);
}

function needsPerson({ kind }: ReleasePlan): boolean {
  return kind === "refused";
}

/** @returns those of the ref that a person names, or else what each lock says */
async function releasesOf(
  git: Git,
  options: Options,
  name: string,
  ref: string | undefined,
): Promise<readonly ReleaseAt[]> {
  const { channel } = options;
  const commit = await git.text(["rev-parse", "HEAD"]);
  const project = requireProject(await readCommitProjects(git, commit), name);
  const definition = requireDefinition(project);
  const records = new ReleaseRecords(stateFolder(options));
  if (!options.dryRun) records.adopt(await recordsAt(git, await stateCommitHere(git)));
  const wanted: { channel: string; ref?: ReleaseRef }[] = [];
  if (ref === undefined) {
    for (const each of project.locks.keys())
      if (channel === undefined || each === channel) wanted.push({ channel: each });
  } else {
    const asked = await withRemoteRefs(git, (remotes) => askProjectRef(remotes, definition, ref));
    const released = records
      .ofProject(name)
      .find(({ ref: one }) => one.kind === "tag" && one.name === asked.name);
    requireUnmoved(project, asked, released?.ref.commit);
    wanted.push({ channel: channel ?? usualChannel(definition, asked), ref: asked });
  }
  const found: ReleaseAt[] = [];
  for (const each of wanted) {
    const one = await releaseAt(git, commit, project, records, { ...each, now: Date.now() });
    if (one) found.push(one);
  }
  return found;
}

/** @throws SluiceError `not-releasable` where no channel takes it */
function usualChannel(definition: Definition, ref: ReleaseRef): string {
  const taken = classify(definition, ref);
  if (taken.kind === "channel") return taken.channel.name;
  const { project, channels } = definition;
  throw new SluiceError("not-releasable", taken.reason, {
    hint: `Name one with --channel: ${[...channels.keys()].join(", ")}. \`sluice why ${project}\` shows what each takes.`,
    facts: { project, ref: ref.name },
    exitCode: 1,
  });
}

async function makeReleases(options: Options, found: readonly ReleaseAt[]): Promise<number> {
  const { installations, head } = await open(options);
  const [installation] = installations;
  const { config } = head.workspace;
  const place = releasePlace(installation);
  const keeper = recordKeeper(installation, (error) => warn(error.message));
  const signal = stopSignal();
  let isWhole = true;
  try {
    for (const one of found) {
      const { plan, key } = one;
      if (plan.kind !== "release") continue;
      const { git, folders } = installation;
      const unsigned = await whyUnsigned(git, one.commit, one.definition, folders.state);
      if (unsigned !== undefined) {
        throw new SluiceError("unsigned", `${key.project}: ${unsigned}`, {
          facts: { project: key.project },
          exitCode: 1,
        });
      }
      const folder = join(folders.state, "releases");
      await mkdir(folder, { recursive: true });
      const ends = await underLock(join(folder, "lock"), 0, () =>
        runRelease(
          place,
          { ...one, plan },
          {
            seconds: config.BUILDER_TIMEOUT,
            secrets: process.env,
            openLog: (job) =>
              openLog(join(installation.folders.logs, job, `${logOf(key.project, plan.ref)}.log`)),
            started: () => undefined,
            ended: tell,
            signal,
          },
        ),
      );
      isWhole &&= !signal.aborted && ends.every(({ kind }) => kind === "done" || kind === "done-before");
    }
  } finally {
    await keeper.push(config, "now");
    await installation.queue.close();
  }
  return isWhole ? 0 : 1;
}

function logOf(project: string, ref: ReleaseRef): string {
  return `${project}-${encodeURIComponent(refText(ref))}`;
}

function tell({ job, kind, message }: Ended): void {
  const paint = colors.createColors(useColors(process.stderr));
  const word = { done: "done", "done-before": "done before", failed: "failed", blocked: "blocked" }[kind];
  const colour = kind === "failed" || kind === "blocked" ? paint.red : paint.green;
  const detail = message === undefined ? "" : `: ${printable(message)}`;
  process.stderr.write(`${paint.bold(job)}: ${colour(word)}${detail}\n`);
}
