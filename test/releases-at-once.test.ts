import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLog } from "../tools/builder/log.ts";
import { openGit } from "../tools/git/git.ts";
import { foldersOf } from "../tools/manager/folders.ts";
import { ArtifactStore } from "../tools/manager/releases/jobs/artifact-store.ts";
import type { OpenRelease } from "../tools/manager/releases/record/progress.ts";
import { publishRelease } from "../tools/manager/releases/publishing/publish-release.ts";
import { jobRequestOf } from "../tools/manager/releases/jobs/job-request.ts";
import { releaseAt } from "../tools/manager/releases/record/release-at.ts";
import { ReleaseRecords } from "../tools/manager/releases/record/release-records.ts";
import { runJob, type ReleasePlace } from "../tools/manager/releases/jobs/run-job.ts";
import type { IndexGroup } from "../tools/publish/page/index.ts";
import { bubblewrap } from "../tools/sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import type { Checkpoint } from "../tools/steps.ts";
import { readCommitProjects } from "../tools/workspace/releases/commit-releases.ts";
import { missingPrograms } from "./world/programs.ts";
import { ReleaseWorld } from "./world/release-world.ts";

const missing = missingPrograms("git", "flock");
if (probeBubblewrap()) missing.push("a working bubblewrap");

describe.skipIf(missing.length > 0)(
  `releases that are published at once (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const world = new ReleaseWorld();
    let commit: string;
    beforeAll(async () => {
      await world.start();
      commit = world.server.commit("app", { files: { "README.md": "# App\n" } });
      world.define(
        "app",
        `[channels]
stable = { tag = '.+' }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
binaries = { to = "files", at = "WWW/{ref}/app", of = "bin" }
page = { to = "page", at = "WWW", of = "binaries" }
`,
        { "build.sh": 'echo "$REF" > app\n' },
      );
      world.w.publishScheduled();
    });
    afterAll(() => world.close());

    function placeAt(checkpoint?: Checkpoint): ReleasePlace {
      const folders = foldersOf(join(world.w.base, "state"));
      mkdirSync(folders.work, { recursive: true });
      return {
        git: openGit(world.w.dir, process.env),
        sandbox: bubblewrap(),
        sandboxOf: undefined,
        folders,
        resources: undefined,
        records: new ReleaseRecords(folders.state),
        artifacts: new ArtifactStore(folders.state),
        checkpoint,
        now: () => 0,
      };
    }

    async function built(name: string): Promise<OpenRelease> {
      const place = placeAt();
      const head = await place.git.text(["rev-parse", "HEAD"]);
      const project = (await readCommitProjects(place.git, head)).get("app")!;
      const ref = { kind: "tag", name, commit } as const;
      const at = { channel: "stable", ref, now: 0 };
      const found = (await releaseAt(place.git, head, project, place.records, at))!;
      const release = { ...found, plan: found.plan } as OpenRelease;
      const options = { name, log: openLog("/dev/null"), signal: new AbortController().signal };
      const job = release.plan.jobs[0]!;
      const request = jobRequestOf(place.records, release, job, 60);
      await runJob(place, { release, job, request }, options);
      return release;
    }

    test("come one after the other, so that the page lists all of them", async () => {
      const names = ["v1", "v2", "v3"];
      const releases = [];
      for (const name of names) releases.push([name, await built(name)] as const);
      const passed: string[] = [];
      const ends = await Promise.all(
        releases.map(([name, release]) => {
          const place = placeAt(() => void passed.push(name));
          return publishRelease(place, release, {}, { name, log: openLog("/dev/null") });
        }),
      );
      expect(ends.map(({ kind }) => kind)).toEqual(["published", "published", "published"]);
      const turns = passed.filter((name, index) => name !== passed[index - 1]);
      expect(turns.toSorted()).toEqual(names);
      const [stable] = JSON.parse(world.read("_releases.json")) as IndexGroup[];
      expect(stable!.builds.map(({ version }) => version)).toEqual(["v3", "v2", "v1"]);
    });
  },
);
