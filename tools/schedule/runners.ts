import type { Schedule, ScheduledBuild } from "./schedule.ts";

/** What one job of a CI platform builds. */
interface RunnerJob {
  /** In build order. */
  readonly builds: readonly ScheduledBuild[];
  /** Of its builds; a job never has builds of two classes, but for the last level's. */
  readonly class: string | null;
  /** Builds of the schedule that its builds need directly and that other jobs build. */
  readonly after: readonly string[];
}

/** The levels that GitHub's workflow file has; what lies deeper is built in the last, in build order, by one job. */
export const levelLimit = 8;

/** GitHub allows 256 jobs for a matrix, GitLab.com 500 for a pipeline: of both this leaves enough. */
const jobsPerLevel = 50;

/** GitLab allows a job to name at most 50 others in `needs`. */
const needsLimit = 50;

/** What the generated jobs extend, a file of the workspace. */
const gitlabJobs = ".gitlab-ci-runners-jobs.yml";

/**
 * A GitLab child pipeline that builds the schedule on CI runners and publishes what came out: jobs in dependency
 * levels, each starting as soon as those have ended that it needs, with or without success. Which image and which
 * commands, the workspace's own file says. YAML is a superset of JSON, so nothing of a package's can become syntax;
 * names reach the script as variables only. https://docs.gitlab.com/ci/yaml/
 */
export function formatGitlabPipeline(schedule: Schedule): string {
  const { builds, removals } = schedule;
  if (builds.length + removals.length === 0) return text({ "nothing to build": idle });
  const levels = jobsOf(schedule);
  const nameOf = new Map(
    levels.flatMap((jobs, level) =>
      jobs.flatMap((job, at) => job.builds.map(({ pkgbase }) => [pkgbase, jobName(job, level, at)] as const)),
    ),
  );
  const needs = closureOf(builds);
  const buildJobs = levels.flatMap((jobs, level) =>
    jobs.map((job, at) => {
      const name = jobName(job, level, at);
      const names = job.builds.map(({ pkgbase }) => pkgbase);
      const others = new Set(names.flatMap((pkgbase) => [...needs.get(pkgbase)!].map((n) => nameOf.get(n)!)));
      others.delete(name);
      return [
        name,
        {
          extends: ".build-packages",
          stage: stageName(level),
          ...(job.class === null ? {} : { tags: [job.class] }),
          variables: {
            SCHEDULED_COMMIT: schedule.commit,
            BUILD_PACKAGES: names.join(" "),
            BUILT_BEFORE: job.after.join(" "),
          },
          // Where it names too many it waits for all earlier levels, as without `needs`.
          ...(others.size <= needsLimit && { needs: [...others].map((other) => ({ job: other })) }),
          artifacts: { paths: names.map((pkgbase) => `.sluice/built/${pkgbase}/`) },
        },
      ] as const;
    }),
  );
  return text({
    include: [{ local: gitlabJobs }],
    stages: [...levels.map((_, level) => stageName(level)), "publish", "pages"],
    ...Object.fromEntries(buildJobs),
    publish: { extends: ".publish-packages", stage: "publish" },
    pages: { extends: ".publish-pages", stage: "pages", needs: [{ job: "publish" }] },
  });
}

/**
 * A GitHub matrix for each dependency level, one entry per job; undefined where there is nothing to do. In one line,
 * as a job's output has to be.
 */
export function formatGithubMatrix(schedule: Schedule): string | undefined {
  if (schedule.builds.length + schedule.removals.length === 0) return undefined;
  const levels = jobsOf(schedule).map((jobs) => ({
    include: jobs.map((job) => ({
      packages: job.builds.map(({ pkgbase }) => pkgbase).join(" "),
      after: job.after.join(" "),
      class: job.class,
    })),
  }));
  return `${JSON.stringify({ commit: schedule.commit, levels })}\n`;
}

const idle = { variables: { GIT_STRATEGY: "none" }, script: ["echo 'Nothing is scheduled.'"] };

const text = (pipeline: object): string => `${JSON.stringify(pipeline, null, 2)}\n`;

const stageName = (level: number): string => `level ${level + 1}`;

function jobName({ builds: [first, ...more] }: RunnerJob, level: number, at: number): string {
  return more.length === 0 ? `build ${first!.pkgbase}` : `${stageName(level)}, part ${at + 1}`;
}

/** By level, what each job builds. */
function jobsOf({ builds }: Schedule): RunnerJob[][] {
  const levels = levelsOf(builds);
  const inLevels = levels.slice(0, levelLimit - 1).map((level) => share(level));
  const deepest = levels.slice(levelLimit - 1);
  if (deepest.length === 1) inLevels.push(share(deepest[0]!));
  if (deepest.length > 1) inLevels.push([{ class: null, builds: deepest.flat() }]);
  const scheduled = new Set(builds.map(({ pkgbase }) => pkgbase));
  return inLevels.map((jobs) =>
    jobs.map((job) => {
      const own = new Set(job.builds.map(({ pkgbase }) => pkgbase));
      const needed = new Set(job.builds.flatMap(({ needs }) => needs));
      return { ...job, after: [...needed].filter((name) => scheduled.has(name) && !own.has(name)) };
    }),
  );
}

function levelsOf(builds: readonly ScheduledBuild[]): ScheduledBuild[][] {
  const levels: ScheduledBuild[][] = [];
  const levelOf = new Map<string, number>();
  for (const build of builds) {
    const level = Math.max(-1, ...build.needs.map((need) => levelOf.get(need) ?? -1)) + 1;
    levelOf.set(build.pkgbase, level);
    (levels[level] ??= []).push(build);
  }
  return levels;
}

/** Shares a level out to jobs, so that none has much more to do than another. */
function share(level: readonly ScheduledBuild[]): Omit<RunnerJob, "after">[] {
  const size = Math.ceil(level.length / jobsPerLevel);
  const classes = new Set(level.map((build) => build.class));
  return [...classes].flatMap((buildClass) => {
    const builds = level.filter((build) => build.class === buildClass);
    return Array.from({ length: Math.ceil(builds.length / size) }, (_, at) => ({
      class: buildClass,
      builds: builds.slice(at * size, (at + 1) * size),
    }));
  });
}

/** For each build those of the schedule that it needs, directly or not: their packages are installed for it. */
function closureOf(builds: readonly ScheduledBuild[]): ReadonlyMap<string, ReadonlySet<string>> {
  const closures = new Map<string, Set<string>>();
  for (const { pkgbase, needs } of builds) {
    const closure = new Set<string>();
    for (const need of needs) {
      const known = closures.get(need);
      if (!known) continue;
      closure.add(need);
      for (const name of known) closure.add(name);
    }
    closures.set(pkgbase, closure);
  }
  return closures;
}
