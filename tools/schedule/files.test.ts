import { expect, test } from "vitest";
import { scheduleOf } from "../../test/world/schedule.ts";
import { treeFrom } from "../../test/world/tree.ts";
import { scheduleFiles, type ScheduleSettings } from "./files.ts";
import { scheduleSchema } from "./schedule.ts";

const settings: ScheduleSettings = {
  CI_SCHEDULE_TO: "manager",
  REDIS_SSH_HOST: "localhost",
  REDIS_SSH_PORT: 22,
  REDIS_SSH_USER: "redis",
  REDIS_PORT: 6379,
  CI_LIB_DB: [],
};
const tree = treeFrom({ foo: [], bar: ["depends = foo"] });

const written = (parts: Parameters<typeof scheduleOf>[0], to: ScheduleSettings["CI_SCHEDULE_TO"]): string[] =>
  scheduleFiles(scheduleOf(parts), tree, { ...settings, CI_SCHEDULE_TO: to })
    .filter(([, text]) => text !== undefined)
    .map(([path]) => path);

test("a repository that comes from chaotic-manager gets its files whatever builds", () => {
  const files = [".ci/schedule.json", ".ci/deptree.txt", ".ci/schedule-params.txt"];
  expect(written({ builds: [{ pkgbase: "foo" }] }, "manager")).toEqual(files);
  expect(written({ builds: [{ pkgbase: "foo" }] }, "chaotic")).toEqual(files);
});

test("runners get their pipeline and their matrix", () => {
  expect(written({ builds: [{ pkgbase: "foo" }] }, "runners").slice(3)).toEqual([
    ".ci/schedule-pipeline.yml",
    ".ci/schedule-matrix.json",
  ]);
});

test("with nothing to build only the schedule says so, and files of an earlier run must go", () => {
  expect(written({}, "manager")).toEqual([".ci/schedule.json"]);
  expect(written({ removals: ["gone"] }, "manager")).toEqual([
    ".ci/schedule.json",
    ".ci/schedule-params.txt",
  ]);
  const paths = scheduleFiles(scheduleOf({}), tree, settings).map(([path]) => path);
  expect(paths).toHaveLength(5);
});

test("runners on GitLab always get a pipeline, which is started before anybody knows whether there is work", () => {
  expect(written({}, "runners")).toEqual([".ci/schedule.json", ".ci/schedule-pipeline.yml"]);
});

test("the schedule is what its schema says", () => {
  const schedule = scheduleOf({ builds: [{ pkgbase: "foo" }], removals: ["gone"] });
  const [, text] = scheduleFiles(schedule, tree, settings)[0]!;
  expect(scheduleSchema.parse(JSON.parse(text!))).toEqual(schedule);
});
