import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { scheduleOf } from "../../test/world/schedule.ts";
import { formatGithubMatrix, formatGitlabPipeline, levelLimit } from "./runners.ts";

interface Job {
  readonly stage: string;
  readonly needs?: readonly { readonly job: string }[];
  readonly tags?: readonly string[];
  readonly variables: Readonly<
    Record<"SCHEDULED_COMMIT" | "BUILD_PACKAGES" | "BUILT_BEFORE", string | undefined>
  >;
  readonly artifacts: { readonly paths: readonly string[] };
}

interface Matrix {
  readonly commit: string;
  readonly levels: readonly {
    readonly include: readonly {
      readonly packages: string;
      readonly after: string;
      readonly class: string;
    }[];
  }[];
}

type Parts = Parameters<typeof scheduleOf>[0];
type Builds = NonNullable<Parts["builds"]>;

function pipeline(parts: Parts): { stages: string[]; jobs: Record<string, Job> } {
  const {
    stages,
    include: _include,
    ...jobs
  } = parse(formatGitlabPipeline(scheduleOf(parts))) as Record<string, Job> & {
    stages: string[];
    include: unknown;
  };
  return { stages, jobs };
}

const matrix = (parts: Parts): Matrix => JSON.parse(formatGithubMatrix(scheduleOf(parts))!) as Matrix;
const levels = (builds: Builds): string[][] =>
  matrix({ builds }).levels.map(({ include }) => include.map(({ packages }) => packages));

/** p0 ← p1 ← p2 … */
const chain = (length: number): Builds =>
  Array.from({ length }, (_, n) => ({ pkgbase: `p${n}`, needs: n === 0 ? [] : [`p${n - 1}`] }));

const row = (name: string, needs: (n: number) => string[]): Builds =>
  Array.from({ length: 130 }, (_, n) => ({ pkgbase: `${name}${n}`, needs: needs(n) }));

describe("GitLab child pipeline", () => {
  test("has a job per build, which waits for the jobs that it needs, directly or not", () => {
    const { stages, jobs } = pipeline({
      builds: [
        { pkgbase: "lib" },
        { pkgbase: "tool", needs: ["lib"] },
        { pkgbase: "app", class: "heavy", needs: ["tool", "elsewhere"] },
      ],
    });
    expect(stages).toEqual(["level 1", "level 2", "level 3", "publish", "pages"]);
    expect(Object.keys(jobs)).toEqual(["build lib", "build tool", "build app", "publish", "pages"]);
    expect(jobs["build app"]).toMatchObject({
      stage: "level 3",
      needs: [{ job: "build tool" }, { job: "build lib" }],
      tags: ["heavy"],
      variables: { SCHEDULED_COMMIT: "1".repeat(40), BUILD_PACKAGES: "app", BUILT_BEFORE: "tool" },
      artifacts: { paths: [".sluice/built/app/"] },
    });
    expect(jobs["build lib"]!.needs).toEqual([]);
    expect(jobs["build lib"]!.tags).toBeUndefined();
  });

  test("a package's name reaches the script as a variable only, also one that GitLab knows as a keyword", () => {
    const names = ["stages", "__proto__", "gtk+2.0@x", "publish", "include"];
    const { jobs } = pipeline({ builds: names.map((pkgbase) => ({ pkgbase })) });
    expect(Object.keys(jobs)).toEqual([...names.map((name) => `build ${name}`), "publish", "pages"]);
    expect(jobs["build gtk+2.0@x"]!.variables.BUILD_PACKAGES).toBe("gtk+2.0@x");
    const fields = new Set(names.map((name) => Object.keys(jobs[`build ${name}`]!).join()));
    expect([...fields]).toEqual(["extends,stage,variables,needs,artifacts"]);
  });

  test("no job names more than the 50 others that GitLab allows: it waits for all levels before it then", () => {
    const tops = row("top", (n) => [`low${n}`]);
    const { jobs } = pipeline({
      builds: [
        ...row("low", () => []),
        ...tops,
        { pkgbase: "few", needs: ["top0", "top1", "top2"] },
        { pkgbase: "all", needs: tops.map(({ pkgbase }) => pkgbase) },
      ],
    });
    expect(jobs["build few"]!.needs).toEqual(
      expect.arrayContaining([{ job: "level 2, part 1" }, { job: "level 1, part 1" }]),
    );
    expect(jobs["build few"]!.needs).toHaveLength(2);
    expect(jobs["build all"]).not.toHaveProperty("needs");
    expect(jobs["build all"]!.variables.BUILT_BEFORE!.split(" ")).toHaveLength(130);
    for (const { needs = [] } of Object.values(jobs)) expect(needs.length).toBeLessThanOrEqual(50);
  });

  test("only extends what the workspace's own file defines", () => {
    const text = readFileSync("template/.gitlab-ci-runners-jobs.yml", "utf8");
    const known = Object.keys(parse(text, { merge: true, customTags: [] }) as object);
    const { jobs } = pipeline({ builds: [{ pkgbase: "a" }] });
    for (const job of Object.values(jobs))
      expect(known).toContain((job as unknown as { extends: string }).extends);
  });

  test("only publishes where there are removals alone, and does next to nothing where nothing is scheduled", () => {
    const { stages, jobs } = pipeline({ removals: ["gone"] });
    expect(stages).toEqual(["publish", "pages"]);
    expect(Object.keys(jobs)).toEqual(["publish", "pages"]);
    expect(Object.keys(pipeline({}).jobs)).toEqual(["nothing to build"]);
  });
});

describe("GitHub matrix", () => {
  test("what is needed is in an earlier level, and is named where it is scheduled", () => {
    const { commit, levels } = matrix({
      builds: [
        { pkgbase: "lib" },
        { pkgbase: "other" },
        { pkgbase: "tool", class: "heavy", needs: ["lib"] },
        { pkgbase: "app", needs: ["tool", "lib", "elsewhere"] },
      ],
    });
    expect(commit).toBe("1".repeat(40));
    expect(levels.map(({ include }) => include)).toEqual([
      [
        { packages: "lib", after: "", class: null },
        { packages: "other", after: "", class: null },
      ],
      [{ packages: "tool", after: "lib", class: "heavy" }],
      [{ packages: "app", after: "tool lib", class: null }],
    ]);
  });

  test("is one line, as a job's output has to be", () => {
    expect(formatGithubMatrix(scheduleOf({ builds: chain(3) }))).toMatch(/^[^\n]+\n$/);
  });

  test("large levels are shared out to a number of jobs that GitHub allows, none left out", () => {
    const builds = Array.from({ length: 600 }, (_, n) => ({
      pkgbase: `p${n}`,
      needs: n < 300 ? [] : [`p${n - 300}`],
    }));
    const found = levels(builds);
    expect(found.map(({ length }) => length)).toEqual([50, 50]);
    expect(found.flat().join(" ").split(" ")).toEqual(builds.map(({ pkgbase }) => pkgbase));
  });

  test("what lies deeper than the workflow has levels is built by one job, in build order", () => {
    const found = levels(chain(levelLimit + 3));
    expect(found).toHaveLength(levelLimit);
    expect(found.at(-1)).toEqual(["p7 p8 p9 p10"]);
    expect(levels(chain(levelLimit)).at(-1)).toEqual(["p7"]);
  });

  test("the workflow has all the levels that there may be, each after the one before", () => {
    const text = readFileSync("template/.github/workflows/sluice-runners.yml", "utf8");
    const { jobs } = parse(text) as { jobs: Record<string, { needs?: string | string[]; if: string }> };
    const names = Array.from({ length: levelLimit }, (_, n) => `level-${n + 1}`);
    expect(Object.keys(jobs)).toEqual([...names, "publish", "pages"]);
    expect(jobs["publish"]!.needs).toEqual(names);
    names.forEach((name, n) => {
      expect(jobs[name]!.needs).toBe(names[n - 1]);
      expect(jobs[name]!.if).toContain(`levels[${n}]`);
    });
  });

  test("nothing to do is no matrix, removals alone are one without levels", () => {
    expect(formatGithubMatrix(scheduleOf({}))).toBeUndefined();
    expect(matrix({ removals: ["gone"] }).levels).toEqual([]);
  });
});
