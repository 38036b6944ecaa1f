import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobRecord } from "../tools/release/record/record.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { goodToken } from "./world/forges.ts";
import { everyGitLabPermission, GitLabServer } from "./world/gitlab.ts";
import { missingPrograms } from "./world/programs.ts";
import { ReleaseWorld } from "./world/release-world.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms);
if (probeBubblewrap()) missing.push("a working bubblewrap");

const definition = `[channels]
checks = { branch = "main", stages = ["check"] }
proposed = { reviews = true, stages = ["check"] }
stable = { tag = '.+' }
[stages.check]
unit = { run = "unit.sh", cache = "kept" }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
binaries = { to = "files", at = "WWW/{ref}/app", of = "bin" }
`;

const scripts = {
  "unit.sh": `[ ! -e kept/from ] || echo "kept from $(cat kept/from)"
mkdir -p kept && echo "$CHANNEL" > kept/from
! env | grep -i token
! grep bad README.md\n`,
  "build.sh": "cp README.md app\n",
};

describe.skipIf(missing.length > 0)(
  `what a project gets and nobody releases (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const world = new ReleaseWorld();
    const { w, server } = world;
    const change = (text: string): string => server.commit("app", { files: { "README.md": text } });
    let gitlab: GitLabServer;

    beforeAll(async () => {
      await world.start();
      change("one\n");
      gitlab = new GitLabServer(server.folder("app"));
      gitlab.tokens.set(goodToken, { account: "bot", may: new Set(everyGitLabPermission) });
      await gitlab.start();
      world.define("app", definition, scripts);
      w.publishScheduled();
      await w.sluice(["on-schedule"]);
      mkdirSync(join(w.dir, ".sluice"), { recursive: true });
      const target = { kind: "gitlab", api: gitlab.apiUrl, project: gitlab.project, token: goodToken };
      const lines = Object.entries({ ...target, source: "releases/app" }).map(
        ([key, value]) => `${key} = ${JSON.stringify(value)}\n`,
      );
      writeFileSync(join(w.dir, ".sluice/notify.toml"), `[app]\n${lines.join("")}`, { mode: 0o600 });
    });
    afterAll(async () => {
      await gitlab.stop();
      await world.close();
    });

    const unitOf = (channel: string, commit: string): JobRecord | undefined =>
      world.record("app", channel, commit).jobs["check.unit"];

    test("each commit of a branch is checked, and each review, without a lock; what fails is told to the forge", async () => {
      const [good, bad, newest] = [change("two\n"), change("bad\n"), change("three\n")];
      const proposed = server.commit("app", { branch: "topic", files: { "README.md": "proposed\n" } });
      server.git("app", "update-ref", "refs/merge-requests/7/head", proposed);
      const main = w.atOrigin("rev-parse", "main");
      const asked = server.http.asked.length;
      const { stdout } = await w.sluice(["on-schedule"]);
      expect(stdout).toContain(`checks: branch main at ${newest.slice(0, 10)}`);
      expect(stdout).toContain(`proposed: review 7 at ${proposed.slice(0, 10)}`);
      // What the server speaks, and its refs.
      expect([server.http.asked.length - asked, w.atOrigin("rev-parse", "main")]).toEqual([2, main]);

      const { stderr } = await w.sluice(["up", "--once"]);
      expect(stderr).toContain("check.unit: failed");
      const found = [good, bad, newest].map((commit) => unitOf("checks", commit)?.isGreen);
      expect([...found, unitOf("proposed", proposed)?.isGreen]).toEqual([true, false, true, true]);
      const states = [good, bad, newest, proposed].map(
        (commit) => gitlab.statuses.findLast((each) => each.commit === commit)?.state,
      );
      expect(states).toEqual(["success", "failed", "success", "success"]);
      expect(new Set(gitlab.statuses.map(({ name }) => name))).toEqual(new Set(["sluice: check.unit"]));
      expect(existsSync(join(world.www, newest))).toBe(false);
    });

    test("what a run keeps is there for the next one, and a review leaves nothing", () => {
      const folder = join(w.dir, ".sluice/logs/check.unit");
      const logs = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
      const kept = logs.join("").match(/kept from \w+/g);
      expect(new Set(kept)).toEqual(new Set(["kept from checks"]));
    });

    test("nothing is checked twice", async () => {
      const [state, statuses] = [w.atOrigin("rev-parse", "state"), gitlab.statuses.length];
      await w.sluice(["on-schedule"]);
      const { stderr } = await w.sluice(["up", "--once"]);
      expect(stderr).not.toContain("check.unit");
      expect([w.atOrigin("rev-parse", "state"), gitlab.statuses.length]).toEqual([state, statuses]);
    });
  },
);
