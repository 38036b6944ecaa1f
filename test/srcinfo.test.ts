import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import type { Schedule } from "../tools/schedule/schedule.ts";
import { recipeId } from "../tools/workspace/metadata/content-ids.ts";
import { missingPrograms } from "./world/programs.ts";
import { ScratchWorkspace, srcinfoText } from "./world/workspace.ts";

let w: ScratchWorkspace;
beforeEach(() => (w = new ScratchWorkspace()));
afterEach(() => w.remove());

const recipe = (name: string, more = ""): string =>
  `pkgname=${name}\npkgver=1\npkgrel=1\narch=(any)\n${more}`;
const add = (name: string, more?: string): void => w.write(`packages/${name}/PKGBUILD`, recipe(name, more));

const canary = (): string => join(w.base, "canary");

/** It looks like three assignments, and bash takes it for one string. */
const misleading = `_y="\${_n:-'}"\ndepends=(other)\n_z="'}"\n`;

/** A search path with Git alone. */
function withoutMakepkg(): { PATH: string } {
  const bin = join(w.base, "bin");
  mkdirSync(bin);
  for (const program of ["git", "sh"]) symlinkSync(`/usr/bin/${program}`, join(bin, program));
  return { PATH: bin };
}

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

test("lint --fix brings a stale .SRCINFO up to date, and makes none where there was none", async () => {
  add("foo");
  add("old", "depends=(new)\n");
  const stale = "pkgbase = old\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = old\n";
  w.write("packages/old/.SRCINFO", stale);
  w.commit("two");
  expect((await w.sluice(["lint"])).stdout).toMatch(/^packages\/old\/\.SRCINFO: is stale in depends/);
  expect(w.read("packages/old/.SRCINFO")).toBe(stale);
  const fixed = await w.sluice(["lint", "--fix"]);
  expect([fixed.code, fixed.stdout]).toEqual([0, ""]);
  expect(w.git("status", "--porcelain").trim()).toBe("M packages/old/.SRCINFO");
  expect(w.read("packages/old/.SRCINFO")).toContain("\tdepends = new\n");
});

test("what makepkg said of a recipe is known from the branch state where makepkg isn't there", async () => {
  add("app", "depends=($(machine-dependent))\n");
  add("lib");
  w.commit("two");
  const nowhere = withoutMakepkg();
  const id = recipeId([
    ["PKGBUILD", { mode: "100644", id: w.git("rev-parse", "HEAD:packages/app/PKGBUILD") }],
  ]);
  const said = "pkgbase = app\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\tdepends = lib\n\npkgname = app\n";
  const answers = { version: 1, answers: { [id]: said, "recipe-x": "nonsense", [id.replace(/.$/, "g")]: 7 } };
  w.git("switch", "-q", "--orphan", "state");
  w.write(".srcinfo.json", JSON.stringify(answers));
  w.commit("state");
  w.git("push", "-q", "origin", "state");
  w.git("switch", "-q", "main");
  const needs = async (): Promise<unknown> => {
    const { stdout } = await w.sluice(["on-commit", "--dry-run", "--json"], nowhere);
    const { schedule } = JSON.parse(stdout) as { schedule: Schedule };
    return schedule.builds.map(({ pkgbase, needs: needed }) => [pkgbase, needed]);
  };
  expect(await needs()).toEqual([
    ["lib", []],
    ["app", ["lib"]],
  ]);
  w.write("packages/app/PKGBUILD", `${w.read("packages/app/PKGBUILD")}# another\n`);
  w.commit("another recipe, of which nothing is known");
  expect(await needs()).toContainEqual(["app", []]);
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
      // The next push takes it to the branch state, and it is there once.
      w.publishScheduled();
      w.git("push", "-q", "-f", "origin", "main");
      w.write("packages/lib/PKGBUILD", `${w.read("packages/lib/PKGBUILD")}# changed\n`);
      w.commit("another");
      expect((await w.onCommit()).code).toBe(0);
      const { answers } = JSON.parse(w.atOrigin("show", "state:.srcinfo.json")) as { answers: object };
      expect(Object.values(answers)).toEqual([expect.stringContaining("depends = lib")]);
      const state = w.atOrigin("rev-parse", "state");
      w.write("packages/lib/PKGBUILD", `${w.read("packages/lib/PKGBUILD")}# again\n`);
      w.commit("again");
      expect((await w.onCommit()).code).toBe(0);
      expect(w.atOrigin("rev-parse", "state")).toBe(state);
      // Kept: a machine without makepkg knows it, too.
      expect((await w.sluice(["deptree", "--format", "chaotic"], { PATH: "/nowhere" })).stdout).toContain(
        ":lib:",
      );
    });

    test("is asked where bash takes it for something else than it looks like", async () => {
      add("app", misleading);
      w.addPackage("other");
      w.commit("two");
      const { stdout } = await w.sluice(["on-commit", "--dry-run", "--json"]);
      const { schedule } = JSON.parse(stdout) as { schedule: Schedule };
      expect(schedule.builds.map(({ pkgbase, needs }) => [pkgbase, needs])).toContainEqual(["app", []]);
      expect((await w.sluice(["srcinfo", "app"])).stdout).not.toContain("depends");
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

/** What the dependency tree says of `app`. */
async function edges(root: string): Promise<string[]> {
  const { stdout } = await w.sluice(["deptree", "--format", "chaotic", "--root", root]);
  return stdout.split(";").filter((entry) => entry.startsWith("app:"));
}

function addMisread(): void {
  w.addPackage("lib");
  w.addPackage("other");
  w.write("packages/app/PKGBUILD", recipe("app", misleading));
  w.write("packages/app/.SRCINFO", srcinfoText("app", { lines: ["depends = lib"] }));
}

describe("where another reader of bash takes a PKGBUILD in another way", () => {
  test("its .SRCINFO counts, on every machine that sees the branch state", async () => {
    w.addPackage("lib");
    w.publishScheduled();
    addMisread();
    w.commit("misread");
    w.git("push", "-q", "origin", "main");
    const before = w.clone("before");
    // Nobody compared the two readings yet.
    expect(await edges(before)).toEqual(["app:app:other"]);
    expect((await w.onCommit()).code).toBe(0);
    const { builds } = JSON.parse(w.read(".ci/schedule.json")) as Schedule;
    expect(builds.find(({ pkgbase }) => pkgbase === "app")?.needs).toEqual(["lib"]);
    const { readOtherwise } = JSON.parse(w.atOrigin("show", "state:.srcinfo.json")) as object & {
      readOtherwise: object;
    };
    expect(readOtherwise).toEqual({ [w.git("rev-parse", "HEAD:packages/app/PKGBUILD")]: expect.any(Number) });
    expect(await edges(w.dir)).toEqual(["app:app:lib"]);
    expect(await edges(w.clone("after"))).toEqual(["app:app:lib"]);
    execFileSync("git", ["-C", before, "fetch", "-q"]);
    expect(await edges(before)).toEqual(["app:app:lib"]);
  });

  test("lint says so, and doesn't take the .SRCINFO for stale", async () => {
    addMisread();
    w.commit("misread");
    const said =
      /^packages\/app\/PKGBUILD:\d+: bash may read it in another way than it seems, so its \.SRCINFO counts[^\n]*$/;
    const committed = w.read("packages/app/.SRCINFO");
    for (const args of [["lint"], ["lint", "--fix"]]) {
      const { code, stdout } = await w.sluice(args);
      expect([code, stdout]).toEqual([1, expect.stringMatching(said)]);
    }
    expect(w.read("packages/app/.SRCINFO")).toBe(committed);
    expect(await edges(w.dir)).toEqual(["app:app:lib"]);
  });
});

test("reading a recipe runs nothing of it, whatever construct holds a command", async () => {
  const touch = `touch ${canary()}`;
  const constructs = [
    `depends=($(${touch}))`, `depends=(\`${touch}\`)`, touch, `pkgdesc="\${x:-$(${touch})}"`, `: $((a[$(${touch})]))`,
    `eval '${touch}'`, `source <(echo ${touch})`, `trap '${touch}' EXIT`, `pkgdesc=$(<<<x ${touch})`, `[[ -e x ]] || ${touch}`,
    `package() { depends=($(${touch})); pkgdesc+=$(${touch}) ${touch}\n  url=x && ${touch}\n}`,
    `_f() { ${touch}; $1; }; _f "${touch}"; depends=("$(_f '${touch}')")`, `x=a; source=("$(sed 's/a/${touch.replaceAll("/", "\\/")}/e' <<< a)")`,
    `pkgdesc=$(echo a | sed 'e ${touch}'); url=$(printf '%s' "$(${touch})" | tr a b)`, `y='z[$(${touch})]'; ((y)); ((z[$(${touch})] = 1)); [[ -v y ]]`,
    `[[ a =~ $(${touch}) ]]; [ "$(${touch})" = a -o b = b ]`, `declare -A z=([$(${touch})]=1); unset "z[$(${touch})]"`,
    `for i in $(${touch}); do :; done; case $(${touch}) in $(${touch})) ;; esac; while ${touch}; do break; done`,
    `pkgver() { ${touch}; }; prepare() { ${touch}; }; build() { ${touch}; }; check() { ${touch}; }; verify() { ${touch}; }`,
    `PROMPT_COMMAND='${touch}'; BASH_ENV=PKGBUILD; PS4='$(${touch})'; set -x; export BASH_ENV`, `x=\${a:=$(${touch})}\${b/x/$(${touch})}\${c:$(${touch})}`,
    `exec 3< <(${touch}); coproc { ${touch}; }`, `command_not_found_handle() { ${touch}; }; nothing-of-this-name`, `true > ${canary()}`, `declare -i n='a[$(${touch})]'`, `f() { ${touch}; }; f`, `pkgdesc=\${x@P}`, `cat <<E\n$(${touch})\nE`,
  ]; // prettier-ignore
  for (const [at, line] of constructs.entries()) {
    w.addPackage(`foo${at}`);
    w.write(`packages/foo${at}/PKGBUILD`, recipe(`foo${at}`, `x='$(${touch})'\n${line}\n`));
    w.write(`packages/foo${at}/.CI/update.sh`, touch);
  }
  w.commit("hostile");
  for (const args of [
    ["lint"],
    ["lint", "--fix"],
    ["deptree"],
    ["srcinfo", "--write"],
    ["on-commit"],
    ["why", "foo0"],
  ])
    await w.sluice(args);
  expect(existsSync(canary())).toBe(false);
  expect((await w.sluice(["srcinfo", "foo0"])).stdout).toContain("pkgbase = foo0");
});
