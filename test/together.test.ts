import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { sluice, sluiceProcess, startSluice } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot");
if (probeBubblewrap()) missing.push("a working bubblewrap");
const needs = `(needs ${missing.join(", ") || "nothing more"})`;

test.skipIf(missing.length > 0)("builds without isolation where the host is asked for by name", async () => {
  const workspace = new ScratchWorkspace();
  try {
    // The build's own user has to get to the state folder.
    chmodSync(workspace.base, 0o755);
    workspace.addRecipe("plain");
    workspace.commit("a package");
    const { code, stdout, stderr } = await workspace.sluice([
      "build",
      "plain",
      "--sandbox",
      "host",
      "--json",
    ]);
    expect(JSON.parse(stdout), stderr).toMatchObject([{ pkgbase: "plain", outcome: "built" }]);
    expect(code).toBe(0);
  } finally {
    workspace.remove();
  }
});

describe.skipIf(missing.length > 0)(`several commands on one state folder ${needs}`, () => {
  let workspace: ScratchWorkspace;
  beforeEach(() => {
    workspace = new ScratchWorkspace();
    for (const name of ["a", "b", "c", "d"]) workspace.addRecipe(name);
    workspace.addRecipe("e", { depends: ["a", "b", "c", "d"] });
    workspace.commit("packages");
  });
  afterEach(() => workspace.remove());

  test("two at once build each package once, and both say that all is well", async () => {
    const runs = [["up", "--once"], ["up", "--once"], ["build"]].map((args) =>
      sluiceProcess(args, { cwd: workspace.dir }),
    );
    const ended = await Promise.all(runs);
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      ended.map(() => ({ code: 0, stderr: expect.any(String) })),
    );
    const built = ended.flatMap(({ stderr }) =>
      [...stderr.matchAll(/^(\S+): built/gm)].map(([, name]) => name),
    );
    expect(built.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    const numbers = readdirSync(join(workspace.dir, ".sluice/repositories/test/x86_64/databases"));
    // The empty one, one for each package, and the link.
    expect(numbers).toHaveLength(7);
  });

  test("after a kill -9 the next run waits for the lease, finishes, and leaves nothing lying about", async () => {
    const up = startSluice(["up", "--once"], { cwd: workspace.dir });
    await up.saying(/built[^]*building/);
    up.kill("SIGKILL");
    expect(await up.ended).toBe(-1);
    const { code, stdout, stderr } = await workspace.sluice(["up", "--once", "--jobs", "2"]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const built = [up.said(), stderr].flatMap((said) =>
      [...said.matchAll(/^(\S+): built/gm)].map(([, name]) => name),
    );
    expect(built.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    for (const folder of ["work", "finished"]) {
      expect(readdirSync(join(workspace.dir, ".sluice", folder))).toEqual([]);
    }
  });

  test("a lock file that somebody left means nothing, one that is held is waited for", async () => {
    expect((await workspace.sluice(["build", "a"])).code).toBe(0);
    const lock = join(workspace.dir, ".sluice/repositories/test/x86_64/.lock");
    const holder = spawn("flock", ["--exclusive", lock, "sleep", "2"], { stdio: "ignore" });
    const { code, stdout } = await workspace.sluice(["build", "b"]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^b +built +1-1/m) });
    holder.kill();
  });
});

describe.skipIf(missing.length > 0)(`what a person sees ${needs}`, () => {
  let workspace: ScratchWorkspace;
  beforeEach(() => {
    workspace = new ScratchWorkspace();
    workspace.addRecipe("good", { lines: "build() { sleep 1; }" });
    workspace.commit("good");
  });
  afterEach(() => workspace.remove());

  test("plain lines where it isn't a terminal", async () => {
    const { code, stdout, stderr } = await workspace.sluice(["build", "all"]);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/^good: building \(asked for\)\ngood: built: 1-1 \(\d+\.\d s\)$/);
    expect(stdout).toMatch(/^PKGBASE +OUTCOME\ngood +built +1-1$/);
  });

  test.skipIf(missingPrograms("script").length > 0)("live progress on a terminal (needs script)", () => {
    const command = `'${process.execPath}' '${join(process.cwd(), "dist/cli/main.js")}' build all`;
    const said = execFileSync("script", ["-qec", command, "/dev/null"], {
      cwd: workspace.dir,
      encoding: "utf8",
      env: { ...process.env, TERM: "xterm", NO_COLOR: "1" },
    });
    expect(said).toContain("\r\u001b[Kbuilding good 1 s · 0 done");
    expect(said).toMatch(/good: built: 1-1 \(\d/);
  });
});

describe.skipIf(missing.length > 0)(`a fresh clone of this repository ${needs}`, () => {
  let workspace: ScratchWorkspace;
  beforeEach(() => {
    workspace = new ScratchWorkspace();
  });
  afterEach(() => workspace.remove());

  test("npm start passes on what follows --, and runs set-up before", async () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
      scripts: Record<string, string>;
    };
    expect(scripts).toMatchObject({ prestart: "node setup.mjs", start: "node dist/cli/main.js up" });
    const state = join(workspace.base, "state");
    const { PATH = "", HOME = "" } = process.env;
    const run = spawn("npm", ["start", "--silent", "--", "--port", "0", "--state", state], {
      env: { PATH, HOME, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let said = "";
    for await (const chunk of run.stdout) {
      said += String(chunk);
      if (said.includes("Stop with Ctrl-C")) break;
    }
    const ended = once(run, "close");
    process.kill(-run.pid!, "SIGINT");
    await ended;
    expect(said).toMatch(/^Serving \S+ at http:\/\/127\.0\.0\.1:\d+$/m);
    expect(said).toMatch(/^ {4}\[sluice\]\n {4}SigLevel = Required DatabaseRequired\n {4}Server = http/m);
    expect(said).toContain("sudo pacman -Sy");
  });

  test("its own packages are built and published, the second time nothing is", async () => {
    const state = join(workspace.base, "state");
    execFileSync("git", [
      "clone",
      "-q",
      "--depth",
      "1",
      `file://${process.cwd()}`,
      join(workspace.base, "sluice"),
    ]);
    rmSync(join(workspace.base, "sluice/packages"), { recursive: true });
    cpSync("packages", join(workspace.base, "sluice/packages"), { recursive: true });
    const cwd = join(workspace.base, "sluice");
    execFileSync("git", ["-C", cwd, "add", "-A"]);
    execFileSync("git", ["-C", cwd, "commit", "-q", "--allow-empty", "-m", "as it is here"]);
    const names = readdirSync("packages");
    const { code, stdout, stderr } = await sluice(["up", "--once", "--jobs", "2", "--state", state], { cwd });
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Published in /),
    });
    const built = [...stderr.matchAll(/^(\S+): built/gm)].map(([, name]) => name);
    expect(built.toSorted()).toEqual(names.toSorted());
    expect((await sluice(["up", "--once", "--state", state], { cwd })).stderr).toMatch(/all is published$/);
  });
});
