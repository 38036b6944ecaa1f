import { expect, test } from "vitest";
import { srcinfoText } from "../../../test/world/workspace.ts";
import { allBuilds, scheduleSchema, schedulesOf } from "../../schedule/schedule.ts";
import { parseWorkspace } from "../../workspace/workspace.ts";
import { scheduleFor } from "./compose-schedule.ts";
import { readPlatform } from "./platform.ts";

const folder = (name: string, arch: readonly string[], ...lines: string[]) =>
  ({
    name,
    pkgbuild: { kind: "present" },
    srcinfo: { kind: "file", text: srcinfoText(name, { arch, lines }) },
    config: { kind: "absent" },
  }) as const;

const both = ["x86_64", "aarch64"];
const folders = [
  folder("app", both, "depends = data", "depends_aarch64 = lib"),
  folder("data", ["any"]),
  folder("lib", both, "depends_x86_64 = app"),
  folder("on-arm", ["aarch64"], "makedepends = app"),
];

function scheduled(config: string, ...wanted: readonly string[]) {
  const workspace = parseWorkspace({
    repositoryConfig: { kind: "file", text: config },
    packagesDir: ".",
    folders,
  });
  const at = { workspace, commit: "a".repeat(40), platform: readPlatform({}) };
  const builds = wanted.map((pkgbase) => ({ pkgbase, class: null, reason: "changed" }));
  const removals = [{ pkgbase: "gone", pkgnames: ["gone"], reason: "removed" }];
  const { schedule } = scheduleFor(at, builds, removals);
  expect(scheduleSchema.parse(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
  return schedule;
}

test("each architecture's builds are in the order of its own dependencies, and any is built for the first alone", () => {
  const schedule = scheduled("CI_ARCHES=x86_64 aarch64", "app", "data", "lib", "on-arm");
  const told = schedulesOf(schedule).map(({ arch, builds, removals }) => [
    arch,
    builds.map(({ pkgbase, needs }) => `${pkgbase}: ${needs.join(" ")}`),
    removals.map(({ pkgbase }) => pkgbase),
  ]);
  expect(told).toEqual([
    ["x86_64", ["data: ", "app: data", "lib: app"], ["gone"]],
    ["aarch64", ["lib: ", "app: data lib", "on-arm: app"], ["gone"]],
  ]);
  expect(allBuilds(schedule).map(({ pkgbase }) => pkgbase)).toEqual(["data", "app", "lib", "on-arm"]);
});

test("with one architecture a schedule is what it was before there were several", () => {
  const schedule = scheduled("CI_ARCHES=aarch64", "on-arm");
  expect(schedule).not.toHaveProperty("further");
  expect(schedule).toMatchObject({ arch: "aarch64", builds: [{ pkgbase: "on-arm" }] });
  expect(scheduled("", "on-arm").builds).toEqual([]);
});
