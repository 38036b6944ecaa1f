import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatChaoticParams } from "../tools/schedule/chaotic-params.ts";
import { scheduleOf } from "./world/schedule.ts";

/** The scripts that run in chaotic-manager's container. */
const scripts = {
  gitlab: (
    parse(readFileSync("template/.gitlab-ci-chaotic.yml", "utf8")) as { "hand-over": { script: string[] } }
  )["hand-over"].script.join("\n"),
  github: (
    parse(readFileSync("template/.github/workflows/sluice-chaotic.yml", "utf8")) as {
      jobs: { "hand-over": { steps: { run?: string }[] } };
    }
  ).jobs["hand-over"].steps.at(-1)!.run!,
};

const settings = {
  REDIS_SSH_HOST: "redis.example.org",
  REDIS_SSH_PORT: 22,
  REDIS_SSH_USER: "$(touch pwned)",
  REDIS_PORT: 6379,
  CI_LIB_DB: [],
};

describe.each(Object.entries(scripts))("handing over to chaotic-manager on %s", (_, script) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-hand-over-"));
    mkdirSync(join(folder, ".ci"));
    mkdirSync(join(folder, "app"));
    // Stands in for the container's program: one call per line, an argument in brackets.
    const program = `#!/bin/bash\nprintf '[%s]' "$@" >> '${folder}/calls'; echo >> '${folder}/calls'\n`;
    writeFileSync(join(folder, "entry_point.sh"), program);
    chmodSync(join(folder, "entry_point.sh"), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function handOver(): string[] {
    const here = script
      .replaceAll("/app/sshkey", `${folder}/app/sshkey`)
      .replaceAll("/entry_point.sh", `${folder}/entry_point.sh`);
    const env = { PATH: process.env["PATH"], DEPLOY_KEY: "secret key\nin two lines" };
    const output = execFileSync("bash", ["-e", "-c", here], { cwd: folder, env, encoding: "utf8" });
    expect(output).not.toContain("secret");
    return readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n");
  }

  test("its program gets the builds and what stays, however they are named, and its key for itself alone", () => {
    const names = ["gtk+2.0@x", "lib32-foo", "_under"];
    const schedule = scheduleOf({
      builds: names.map((pkgbase) => ({ pkgbase })),
      removals: ["gone"],
      source: "$(touch pwned)",
      target: '`touch pwned`"; touch pwned; "',
    });
    writeFileSync(join(folder, ".ci/schedule-params.txt"), formatChaoticParams(schedule, ["foo"], settings)!);
    const [scheduled, removed] = handOver();
    expect(scheduled).toContain("[gtk+2.0@x][lib32-foo][_under]");
    expect(scheduled).toContain('[--target-repo=`touch pwned`"; touch pwned; "]');
    expect(removed).toMatch(/^\[auto-repo-remove\].*\[foo\]$/);
    expect(statSync(join(folder, "app/sshkey")).mode & 0o077).toBe(0);
    expect(readFileSync(join(folder, "app/sshkey"), "utf8")).toBe("secret key\nin two lines\n");
    expect(() => statSync(join(folder, "pwned"))).toThrow(/ENOENT/);
  });
});
