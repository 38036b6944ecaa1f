import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fileIn } from "./world/building.ts";
import { containersConf, containersUnavailable, testImage, useTestImage } from "./world/containers.ts";
import { missingForUsers, OrdinaryUser } from "./world/ordinary-user.ts";
import { missingPrograms } from "./world/programs.ts";
import { ReleaseWorld } from "./world/release-world.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = [containersUnavailable(), ...missingPrograms(...publishingPrograms)].filter(
  (why) => why !== undefined,
);

describe.skipIf(missing.length > 0)(`in containers (${missing.join(", ") || "nothing is missing"})`, () => {
  const workspace = new ScratchWorkspace();
  afterAll(() => workspace.remove());

  test("a package, with one of this workspace that it needs, is built of the image's programs and published", async () => {
    const env = useTestImage();
    workspace.addRecipe("tool");
    workspace.addRecipe("app", {
      makedepends: ["tool"],
      lines:
        "build() {\n  cat /usr/share/tool/hello; ls -A /run; ! (: < /dev/tcp/127.0.0.1/1) 2>/dev/null\n" +
        "  ls /run/podman /run/docker.sock /var/run/docker.sock 2>/dev/null || echo no engine\n}",
    });
    workspace.publishScheduled("two packages");
    const { code, stderr } = await workspace.sluice(["up", "--once", "--sandbox", "container"], env);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/app: built: 1-1/) });

    const folder = join(workspace.dir, ".sluice/logs/app");
    const log = readFileSync(join(folder, readdirSync(folder)[0]!), "utf8");
    expect(log).toMatch(/Starting build\(\)\.\.\.\n1\n\.containerenv\n(.*\n)*no engine\n/);
    expect(log).toContain("Installed for this build: tool-1-1-any.pkg.tar.zst.");
    const packages = join(workspace.dir, ".sluice/repositories/test/x86_64");
    expect(fileIn(join(packages, "app-1-1-any.pkg.tar.zst"), "usr/share/app/hello")).toBe("1\n");
  });

  test("a release's job with an image of its own runs in it; without an engine nothing is queued, and the next step is said", async () => {
    const env = useTestImage();
    const world = new ReleaseWorld();
    const { w, server } = world;
    await world.start();
    const commit = server.commit("app", { files: { "README.md": "# App\n" } });
    server.git("app", "tag", "v1");
    const definition = `[channels]
stable = { tag = '.+' }
[stages.build]
app = { run = "build.sh", image = "${testImage}", makes = { bin = "app" } }
[stages.test]
same = { run = "test.sh", takes = "bin" }
[publish]
files = { to = "files", at = "WWW/{ref}/app", of = "bin" }
`;
    world.define("app", definition, {
      "build.sh": 'ls /run/.containerenv > app; cat README.md >> app; [ "$COMMIT" ]\n',
      "test.sh": '[ ! -e /run/.containerenv ]; [ "$(wc -l < "$ARTIFACTS/bin/app")" = 2 ]\n',
    });
    w.write("releases/app/stable.lock", `ref = "refs/tags/v1"\ncommit = "${commit}"\nreason = "by hand"\n`);
    w.publishScheduled("a release");
    const without = await w.sluice(["up", "--once"], env);
    expect(without.stderr).toContain(
      `build.app: it asks for the image ${testImage}, and no container engine`,
    );
    expect(without.stderr).toContain("set CONTAINER_ENGINE=podman");
    expect((await w.sluice(["queue"])).stdout).toBe("The queue is empty.");

    const { code, stderr } = await w.sluice(["up", "--once"], { ...env, CONTAINER_ENGINE: "podman" });
    expect([code, stderr]).toEqual([0, expect.stringContaining("publish: built")]);
    expect(readFileSync(join(world.www, "v1/app"), "utf8")).toBe("/run/.containerenv\n# App\n");
    await world.close();
  });

  test.skipIf(missingForUsers.length > 0)(
    `a user without rights builds in containers of its own (needs ${missingForUsers.join(", ") || "nothing more"})`,
    async () => {
      useTestImage();
      const folder = join(workspace.base, "user");
      mkdirSync(folder);
      chmodSync(workspace.base, 0o755);
      const user = new OrdinaryUser(folder, containersConf);
      const archive = join(folder, "image.tar");
      execFileSync("podman", ["save", "--quiet", "--output", archive, testImage]);
      chmodSync(archive, 0o644);
      await user.run("podman", ["load", "--quiet", "--input", archive]);
      rmSync(archive);

      const own = new ScratchWorkspace();
      own.addRecipe("alone", { lines: "build() { cat /proc/self/uid_map; }" });
      own.publishScheduled("a package");
      cpSync(own.dir, join(user.home, "workspace"), { recursive: true });
      own.remove();
      execFileSync("chown", ["-R", "--reference", user.home, join(user.home, "workspace")]);
      const root = join(user.home, "workspace");
      const args = [
        "dist/cli/main.js",
        "up",
        "--once",
        "--no-fetch",
        "--sandbox",
        "container",
        "--root",
        root,
      ];
      const said = await user.run(
        process.execPath,
        args.map((arg, at) => (at === 0 ? join(process.cwd(), arg) : arg)),
        { BUILDER_IMAGE: testImage },
      );
      expect(said).toMatch(/alone: built: 1-1/);
      // What is root inside is that user outside, and neither is what builds.
      const log = readFileSync(join(root, ".sluice/logs/alone/1.log"), "utf8");
      expect(log).toMatch(/Starting build\(\)\.\.\.\n +0 +1 +\d+\n +1700 +0 +1\n/);
    },
  );
});
