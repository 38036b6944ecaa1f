import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { steps } from "../tools/steps.ts";
import { inTurn } from "./world/deaths.ts";
import { missingPrograms } from "./world/programs.ts";
import { seededRandom } from "./world/random.ts";
import { ReleaseLife } from "./world/release-life.ts";

const missing = missingPrograms("git", "tar", "xz");
if (probeBubblewrap()) missing.push("a working bubblewrap");

const definition = (www: string): string => `[targets]
one = { }
two = { }
[channels]
stable = { tag = '.+' }
[stages.check]
unit = { run = "unit.sh" }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
[archives]
all = { of = "bin", name = "app-{target}.tar.xz", with = ["README.md"] }
[publish]
binaries = { to = "files", at = "${www}/{ref}/{target}/app", of = "bin" }
archives = { to = "files", at = "${www}/archives/{ref}", of = ["all"] }
page = { to = "page", at = "${www}", of = "binaries" }
`;
const scripts = { "unit.sh": "test -s README.md\n", "build.sh": 'echo "$REF $TARGET" > app\n' };
/** The others are those of publications that are no files: publication-crash.test.ts. */
const passed = steps.releases.filter((step) => !/^(?:image|forge|published file) /.test(step));

describe.skipIf(missing.length > 0)(
  `a release that is killed (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const life = new ReleaseLife();
    let whole: Awaited<ReturnType<ReleaseLife["run"]>>;
    let published: Record<string, string>;

    beforeAll(async () => {
      await life.start({ definition: definition(`file://${life.www}`), scripts });
      life.tag("v1.0.0");
      whole = await life.run("v1.0.0");
      published = life.visible();
    });
    afterAll(() => life.close());

    test("passes every step that releases have, otherwise", () => {
      expect(whole.ended).toEqual([
        "check.unit done",
        "build.app@one done",
        "build.app@two done",
        "publish done",
      ]);
      const seen = new Set(whole.passed.map((checkpoint) => checkpoint.replace(/^(before|after) /, "")));
      expect([...seen].sort()).toEqual([...passed].sort());
      expect(Object.keys(published).sort()).toEqual([
        "_releases.atom",
        "_releases.html",
        "_releases.json",
        "archives/v1.0.0/app-one.tar.xz",
        "archives/v1.0.0/app-one.tar.xz.sha256",
        "archives/v1.0.0/app-two.tar.xz",
        "archives/v1.0.0/app-two.tar.xz.sha256",
        "v1.0.0/one/app",
        "v1.0.0/two/app",
      ]);
    });

    test("before and after each of them is finished by running it again; no job that was green runs twice, and nothing is seen half", async () => {
      const random = seededRandom(11);
      const record = life.recordAtRemote("v1.0.0");
      const deaths = [...new Set(whole.passed)].map((checkpoint) => {
        const times = whole.passed.filter((other) => other === checkpoint).length;
        return { checkpoint, time: 1 + Math.floor(random() * Math.min(times, 2)) };
      });
      for (const some of inTurn(deaths, 5)) {
        life.reset();
        const green = new Set<string>();
        const missed: string[] = [];
        for (const death of [...some, undefined]) {
          const { killed, ended } = await life.run("v1.0.0", death);
          if (death && !killed) missed.push(death.checkpoint);
          expect([death, ended.filter((line) => green.has(line))]).toEqual([death, []]);
          for (const line of ended) if (line.endsWith(" done")) green.add(line);
          const seen = Object.entries(life.visible()).filter(([path]) => !path.startsWith("_releases"));
          expect(seen).toEqual(seen.map(([path]) => [path, published[path]]));
        }
        expect(missed).toEqual([]);
        expect(Object.keys(life.visible())).toEqual(Object.keys(published));
        expect(life.recordAtRemote("v1.0.0")).toBe(record);
        expect(life.leftovers()).toEqual([]);
      }
    });
  },
);
