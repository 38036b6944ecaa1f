import { describe, expect, test } from "vitest";
import { scheduleOf } from "../../test/world/schedule.ts";
import { formatGithubMatrix, formatGitlabPipeline } from "./runners.ts";

interface Job {
  needs: { job: string }[];
  tags?: string[];
  variables: { PKGBASE: string };
  script: string[];
}

interface Matrix {
  levels: { include: { pkgbase: string; class: string | null }[] }[];
}

type Builds = NonNullable<Parameters<typeof scheduleOf>[0]["builds"]>;

function pipeline(builds: Builds): Record<string, Job> {
  return JSON.parse(formatGitlabPipeline(scheduleOf({ builds }))) as Record<string, Job>;
}

function matrix(builds: Builds): string[][] {
  const { levels } = JSON.parse(formatGithubMatrix(scheduleOf({ builds }))) as Matrix;
  return levels.map(({ include }) => include.map(({ pkgbase }) => pkgbase));
}

describe("GitLab child pipeline", () => {
  test("has a job per build, which waits for the jobs it needs and not for what isn't scheduled", () => {
    const { stages, ...jobs } = pipeline([
      { pkgbase: "lib" },
      { pkgbase: "app", class: "heavy", needs: ["lib", "elsewhere"] },
    ]);
    expect(stages).toEqual(["build"]);
    expect(Object.keys(jobs)).toEqual(["build lib", "build app"]);
    expect(jobs["build app"]!.needs).toEqual([{ job: "build lib" }]);
    expect(jobs["build app"]!.tags).toEqual(["heavy"]);
    expect(jobs["build lib"]!.needs).toEqual([]);
    expect(jobs["build lib"]!.tags).toBeUndefined();
  });

  test("a package's name reaches the script as a variable only, also one that GitLab knows as a keyword", () => {
    const jobs = pipeline([{ pkgbase: "stages" }, { pkgbase: "__proto__" }, { pkgbase: "gtk+2.0@x" }]);
    expect(Object.keys(jobs)).toEqual(["stages", "build stages", "build __proto__", "build gtk+2.0@x"]);
    expect(jobs["build gtk+2.0@x"]!.variables).toEqual({ PKGBASE: "gtk+2.0@x" });
    expect(
      new Set(
        Object.values(jobs)
          .slice(1)
          .map(({ script }) => script[0]),
      ).size,
    ).toBe(1);
  });
});

describe("GitHub matrix", () => {
  test("what is needed stands in an earlier level", () => {
    expect(
      matrix([
        { pkgbase: "lib" },
        { pkgbase: "other" },
        { pkgbase: "tool", needs: ["lib"] },
        { pkgbase: "app", needs: ["tool", "lib", "elsewhere"] },
      ]),
    ).toEqual([["lib", "other"], ["tool"], ["app"]]);
  });

  test("no level has more than the 256 jobs that GitHub allows", () => {
    const builds = Array.from({ length: 600 }, (_, n) => ({
      pkgbase: `p${n}`,
      needs: n < 300 ? [] : [`p${n - 300}`],
    }));
    const levels = matrix(builds);
    expect(levels.map(({ length }) => length)).toEqual([256, 44, 256, 44]);
    expect(levels.flat()).toEqual(builds.map(({ pkgbase }) => pkgbase));
  });

  test("nothing to build is no level", () => {
    expect(matrix([])).toEqual([]);
  });
});
