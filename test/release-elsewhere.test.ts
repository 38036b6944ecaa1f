import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { Farm } from "./world/farm.ts";
import { missingPrograms } from "./world/programs.ts";
import { sluice } from "./world/sluice.ts";

const missing = [cannotBuild, ...missingPrograms("redis-server")].filter((name) => name !== "");

const definition = `[targets]
linux = { }
darwin = { class = "macos" }
[channels]
stable = { tag = '.+' }
[stages.plan]
notes = { run = "notes.sh", makes = { notes = "notes" } }
[stages.build]
app = { run = "build.sh", for = "*", takes = "notes", makes = { bin = "out/*" } }
[stages.test]
smoke = { run = "smoke.sh", for = "*", takes = "bin" }
[publish]
binaries = { to = "files", at = "WWW/{ref}/{target}", of = "bin" }
`;

const scripts = {
  "notes.sh": "mkdir notes; echo what is new > notes/new; touch notes/empty\n",
  "build.sh": `mkdir out
sleep 1
[ -f "$ARTIFACTS/notes/empty" ]
{ cat README.md "$ARTIFACTS/notes/new"; echo "$REF for $TARGET"; } > out/text
printf '#!/bin/sh\\necho %s\\n' "$TARGET" > out/run
chmod +x out/run
`,
  "smoke.sh": '[ "$("$ARTIFACTS/bin/run")" = "$TARGET" ]\n',
};

describe.skipIf(missing.length > 0)(
  `a release whose targets need different builders (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let farm: Farm;
    let www: string;
    beforeAll(async () => {
      farm = await Farm.start();
      www = join(farm.workspace.base, "www");
      const { workspace: w, gitServer } = farm;
      const commit = gitServer.commit("app", { files: { "README.md": "# App\n" } });
      gitServer.git("app", "tag", "v1.0.0");
      const text = definition.replaceAll("WWW", `file://${www}`);
      w.write("releases/app/release.toml", `source = "${gitServer.url("app")}"\n${text}`);
      for (const [name, script] of Object.entries(scripts)) w.write(`releases/app/${name}`, script);
      const lock = { ref: "refs/tags/v1.0.0", commit, reason: "by hand" };
      const lines = Object.entries(lock).map(([key, value]) => `${key} = "${value}"\n`);
      w.write("releases/app/stable.lock", lines.join(""));
      farm.commit("release it");
    });
    afterAll(() => farm.close());

    const status = async (): Promise<string> =>
      (await sluice(["status", "--state", farm.state], { cwd: farm.workspace.dir })).stdout;

    test("waits for a builder of that class, and is finished although that one is killed at its job", async () => {
      const manager = farm.manager(["--once"]);
      await manager.saying(/build\.app@linux: built/);
      expect(await status()).toContain("no builder of class macos has been seen");

      const first = await farm.builder("mac", ["--class", "macos"]);
      await first.saying(/build\.app@darwin: build \d+ begins/);
      first.kill("SIGKILL");
      await first.ended;
      const second = await farm.builder("mac", ["--class", "macos"]);
      expect([await manager.ended, manager.said()]).toEqual([0, expect.stringContaining("publish: built")]);

      for (const target of ["darwin", "linux"]) {
        const text = readFileSync(join(www, "v1.0.0", target, "text"), "utf8");
        expect(text).toBe(`# App\nwhat is new\nv1.0.0 for ${target}\n`);
      }
      expect(readdirSync(join(farm.state, "landing"))).toEqual([]);
      expect(second.said()).toMatch(/build\.app@darwin: built.*\n(.*\n)*test\.smoke@darwin: .*begins/);
      const logs = readdirSync(join(farm.state, "logs/build.app@darwin"));
      const log = logs.map((name) => readFileSync(join(farm.state, "logs/build.app@darwin", name), "utf8"));
      expect(log.join("")).toMatch(/It is built by mac\.[^]*bin: text [0-9a-f]{64}/);
      second.kill("SIGTERM");
      expect(await second.ended).toBe(0);
    });
  },
);
