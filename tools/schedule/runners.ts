import type { Schedule, ScheduledBuild } from "./schedule.ts";

/**
 * A GitLab child pipeline that builds the schedule on CI runners: one job per build, each waiting for the builds
 * it needs. YAML is a superset of JSON, so nothing of a package's can become syntax; names reach the script as
 * variables only. https://docs.gitlab.com/ci/yaml/
 */
export function formatGitlabPipeline({ builds }: Schedule): string {
  const scheduled = new Set(builds.map(({ pkgbase }) => pkgbase));
  const jobs = builds.map((build) => [
    `build ${build.pkgbase}`,
    {
      stage: "build",
      variables: { PKGBASE: build.pkgbase },
      ...(build.class === null ? {} : { tags: [build.class] }),
      needs: build.needs.filter((need) => scheduled.has(need)).map((need) => ({ job: `build ${need}` })),
      script: ['npx --no-install sluice build --schedule .ci/schedule.json -- "$PKGBASE"'],
    },
  ]);
  return `${JSON.stringify({ stages: ["build"], ...Object.fromEntries(jobs) }, null, 2)}\n`;
}

/**
 * A GitHub matrix of the schedule: one entry per dependency level, to be built one level after the other, each
 * with at most 256 jobs, as GitHub allows.
 */
export function formatGithubMatrix({ builds }: Schedule): string {
  const levels = levelsOf(builds).map((level) => {
    const include = level.map(({ pkgbase, class: buildClass }) => ({ pkgbase, class: buildClass }));
    return chunk(include, 256).map((part) => ({ include: part }));
  });
  return `${JSON.stringify({ levels: levels.flat() }, null, 2)}\n`;
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

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}
