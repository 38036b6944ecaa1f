import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { missingPrograms } from "./world/programs.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

const recipe = (name: string, more = ""): string =>
  `pkgname=${name}\npkgver=1\npkgrel=1\narch=(any)\n${more}`;
const add = (name: string, more?: string): void => w.write(`packages/${name}/PKGBUILD`, recipe(name, more));

const canary = (): string => join(w.base, "canary");

test("somebody prints, checks and writes .SRCINFO, and one that isn't stale stays to the byte", async () => {
  add("foo", "depends=(bar)\n");
  w.addPackage("bar");
  w.write("packages/bar/.SRCINFO", `# mine\n${w.read("packages/bar/.SRCINFO")}`);
  add("old", "depends=(new)\n");
  w.write(
    "packages/old/.SRCINFO",
    "pkgbase = old\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = old\n",
  );
  expect((await w.sluice(["srcinfo", "foo"])).stdout).toBe(
    "pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\tdepends = bar\n\npkgname = foo",
  );
  const checked = await w.sluice(["srcinfo", "--check"]);
  expect([checked.code, checked.stdout]).toEqual([1, "packages/old/.SRCINFO: is stale in depends"]);
  const written = await w.sluice(["srcinfo", "--write"]);
  expect([written.code, written.stdout]).toEqual([
    0,
    "packages/foo/.SRCINFO: written\npackages/old/.SRCINFO: written",
  ]);
  expect(w.read("packages/bar/.SRCINFO")).toMatch(/^# mine\n/);
  expect((await w.sluice(["srcinfo", "--check"])).code).toBe(0);
  expect(readdirSync(join(w.dir, "packages/foo")).sort()).toEqual([".SRCINFO", "PKGBUILD"]);
});

describe.skipIf(probeBubblewrap() !== undefined || missingPrograms("makepkg").length > 0)(
  "what only running a PKGBUILD tells, with makepkg and bubblewrap here",
  () => {
    test("is asked of makepkg in the sandbox, once, and nothing of the recipe reaches further", async () => {
      const hostile = `depends=($(echo lib; touch ${canary()}; cat ${w.base}/secret; : < /dev/tcp/127.0.0.1/22 && echo net; true))\n`;
      w.write("../secret", "secret");
      add("app", hostile);
      add("lib");
      w.commit("two");
      const schedule = async (): Promise<Schedule> =>
        (JSON.parse((await w.sluice(["on-commit", "--dry-run", "--json"])).stdout) as { schedule: Schedule })
          .schedule;
      const { builds } = await schedule();
      expect(builds.map(({ pkgbase }) => pkgbase)).toEqual(["lib", "app"]);
      expect(existsSync(canary())).toBe(false);
      expect((await w.sluice(["srcinfo", "app"])).stdout).toMatch(/arch = any\n\tdepends = lib\n\n/);
      const kept = w.read(".git/sluice/metadata");
      expect(kept).not.toContain("secret");
      // Kept: a machine without makepkg knows it, too.
      expect((await w.sluice(["deptree", "--format", "chaotic"], { PATH: "/nowhere" })).stdout).toContain(
        ":lib:",
      );
    });

    test("one that fails is that package's problem alone", async () => {
      add("bad", "depends=($(echo 'no such thing' >&2; kill $$))\n");
      add("good");
      const { code, stdout } = await w.sluice(["lint"]);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^packages\/bad\/PKGBUILD:1: makepkg --printsrcinfo fails: [^\n]*$/);
    });
  },
);

test("reading a recipe runs nothing of it", async () => {
  const touch = `touch ${canary()}`;
  const constructs = [
    `depends=($(${touch}))`, `depends=(\`${touch}\`)`, touch, `pkgdesc="\${x:-$(${touch})}"`, `: $((a[$(${touch})]))`,
    `eval '${touch}'`, `source <(echo ${touch})`, `trap '${touch}' EXIT`, `pkgdesc=$(<<<x ${touch})`, `[[ -e x ]] || ${touch}`,
    `true > ${canary()}`, `declare -i n='a[$(${touch})]'`, `f() { ${touch}; }; f`, `pkgdesc=\${x@P}`, `cat <<E\n$(${touch})\nE`,
  ]; // prettier-ignore
  for (const [at, line] of constructs.entries()) {
    w.addPackage(`foo${at}`);
    w.write(`packages/foo${at}/PKGBUILD`, recipe(`foo${at}`, `x='$(${touch})'\n${line}\n`));
  }
  w.commit("hostile");
  for (const args of [["lint"], ["deptree"], ["srcinfo"], ["on-commit", "--dry-run"]]) await w.sluice(args);
  expect(existsSync(canary())).toBe(false);
  expect((await w.sluice(["srcinfo", "foo0"])).stdout).toContain("pkgbase = foo0");
});
