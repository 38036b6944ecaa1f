import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { budget } from "./world/budget.ts";
import { cannotBuild } from "./world/building.ts";
import { GitServer } from "./world/git-server.ts";
import { cloneOfThis, giveTo } from "./world/packaged-sluice.ts";
import { missingPrograms } from "./world/programs.ts";
import { registryReachable } from "./world/registry.ts";
import { sluice } from "./world/sluice.ts";

const missing = missingPrograms("makepkg");
const [, commands = ""] =
  /^### As a package of your repository\n.*?^```sh\n(.*?)^```$/ms.exec(
    readFileSync("docs/hosting.md", "utf8"),
  ) ?? [];

const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();

describe.skipIf(missing.length > 0)(
  `Sluice as a package of an operator's repository, by the page's commands (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const base = mkdtempSync(join(tmpdir(), "sluice-own-package-"));
    const source = join(base, "sluice-source");
    const workspace = join(base, "mypackages");
    const server = new GitServer();

    beforeAll(async () => {
      cloneOfThis(source);
      await server.start();
      git("clone", "-q", "--bare", source, server.folder("sluice"));
      mkdirSync(join(workspace, "packages"), { recursive: true });
      mkdirSync(join(workspace, ".ci"));
      writeFileSync(join(workspace, ".ci/config"), "BUILD_REPO=mypackages\n");
      const user = process.getuid?.() === 0 ? { uid: 1500, gid: 1500 } : {};
      if (user.uid !== undefined) giveTo(base, user.uid);
      const text = commands.replace("https://git.example.org/sluice.git", server.url("sluice"));
      execFileSync("bash", ["-ec", text], { cwd: base, ...user, stdio: "pipe" });
      if (user.uid !== undefined) giveTo(base, 0);
      git("-C", workspace, "init", "-q", "-b", "main");
      git("-C", workspace, "add", "-A");
      git("-C", workspace, "commit", "-q", "-m", "sluice");
    });
    afterAll(async () => {
      await server.stop();
      rmSync(base, { recursive: true, force: true });
    });

    test("it is a recipe without a problem, pinned to the commit", async () => {
      expect(await sluice(["lint"], { cwd: workspace })).toMatchObject({ code: 0 });
      expect(readFileSync(join(workspace, "packages/sluice/.SRCINFO"), "utf8")).toContain(
        `source = sluice::git+${server.url("sluice")}#commit=${git("-C", source, "rev-parse", "HEAD")}`,
      );
    });

    // Installs all that develops Sluice from the registry, which takes longer than the rest of the tests here.
    const isTried = budget(0, 1) > 0 && cannotBuild === "" && registryReachable();
    test.skipIf(!isTried)("Sluice builds it (in long runs, needs npm's registry)", async () => {
      expect(await sluice(["build", "sluice"], { cwd: workspace })).toMatchObject({ code: 0 });
      const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
      const folder = join(workspace, ".sluice/repositories/mypackages/x86_64");
      expect(existsSync(join(folder, `sluice-${version}.r1-1-x86_64.pkg.tar.zst.sig`))).toBe(true);
    });
  },
);
