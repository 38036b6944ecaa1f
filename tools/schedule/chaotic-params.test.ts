import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scheduleOf } from "../../test/world/schedule.ts";
import { formatChaoticParams } from "./chaotic-params.ts";

const settings = {
  REDIS_SSH_HOST: "builds.example",
  REDIS_SSH_PORT: 22,
  REDIS_SSH_USER: "redis",
  REDIS_PORT: 6379,
  CI_LIB_DB: [],
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-params-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What a variable holds after bash has read the file, as chaotic-manager's CI job does. */
function sourced(text: string, variable: string): string[] {
  writeFileSync(join(folder, "schedule-params.txt"), text);
  const script = `source ./schedule-params.txt && printf '%s\\0' "\${${variable}[@]}"`;
  const output = execFileSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
  expect(readdirSync(folder)).toEqual(["schedule-params.txt"]);
  return output.split("\0").slice(0, -1);
}

const build = { pkgbase: "foo", class: null };

describe("what chaotic-manager's job reads", () => {
  test("is the manager's own command line, one package after the other, with their classes", () => {
    const schedule = scheduleOf({ builds: [build, { pkgbase: "gtk+2.0@x", class: "heavy" }] });
    const text = formatChaoticParams(schedule, ["foo"], {
      ...settings,
      CI_LIB_DB: ["https://x.org/own.db", "https://m.org/pub/core/os/x86_64/core.db"],
    })!;
    expect(sourced(text, "PARAMS_SCHEDULE")).toEqual([
      "schedule",
      "--target-repo=chaotic",
      "--source-repo=packages",
      "--commit",
      `${schedule.pipeline.commit}:77`,
      "--arch-mirror=https://m.org/pub/$repo/os/$arch",
      "foo",
      "gtk+2.0@x/heavy",
    ]);
    expect(sourced(text, "REDIS_SSH_HOST")).toEqual(["builds.example"]);
    expect(sourced(text, "REDIS_PORT")).toEqual(["6379"]);
    expect(sourced(text, "PARAMS_AUTOREPOREMOVE")).toEqual([""]);
  });

  test("a removal is the list of what stays", () => {
    const schedule = scheduleOf({ removals: ["gone"] });
    const text = formatChaoticParams(schedule, ["bar", "foo"], settings)!;
    expect(sourced(text, "PARAMS_AUTOREPOREMOVE")).toEqual([
      "auto-repo-remove",
      "--target-repo=chaotic",
      "bar",
      "foo",
    ]);
    expect(sourced(text, "PARAMS_SCHEDULE")).toEqual([""]);
  });

  test("a removal never has an empty list, which would be refused or remove everything", () => {
    expect(formatChaoticParams(scheduleOf({ removals: ["gone"] }), [], settings)).toBeUndefined();
    const both = scheduleOf({ builds: [build], removals: ["gone"] });
    expect(formatChaoticParams(both, [], settings)).not.toContain("PARAMS_AUTOREPOREMOVE");
  });

  test("where there is nothing to do there is no file", () => {
    expect(formatChaoticParams(scheduleOf({}), ["foo"], settings)).toBeUndefined();
  });
});

describe("schedule parameters are data: bash takes every value literally and runs nothing", () => {
  test.each([
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "${IFS}$HOME$((1+1))",
    "back\\slash\\",
    '\\"; touch pwned #',
    "\\$(touch pwned)",
    "a b  c\t*",
    "!history !!",
    "~/x [0]=y )",
    "ünï 日本",
  ])("%s", (value) => {
    const schedule = scheduleOf({ builds: [{ pkgbase: value, class: value }], target: value, source: value });
    const text = formatChaoticParams(schedule, [value], { ...settings, REDIS_SSH_HOST: value })!;
    expect(sourced(text, "PARAMS_SCHEDULE").slice(1)).toEqual([
      `--target-repo=${value}`,
      `--source-repo=${value}`,
      "--commit",
      `${schedule.pipeline.commit}:77`,
      `${value}/${value}`,
    ]);
    expect(sourced(text, "REDIS_SSH_HOST")).toEqual([value]);
  });
});
