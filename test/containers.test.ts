import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fileIn } from "./world/building.ts";
import { containersUnavailable, useTestImage } from "./world/containers.ts";
import { missingPrograms } from "./world/programs.ts";
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
});
