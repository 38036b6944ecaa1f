import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { aurServer } from "../tools/ci/aur/aur-server.ts";
import { manageAur, type AurPorts } from "../tools/ci/aur/manage-aur.ts";
import { readPlatform } from "../tools/ci/pipeline/platform.ts";
import type { SluiceError } from "../tools/errors.ts";
import { openGit } from "../tools/git/git.ts";
import { AurOverSsh, missingForAur } from "./world/aur-ssh.ts";
import { ScratchWorkspace, srcinfoText } from "./world/workspace.ts";

const missing = missingForAur();
const github = readPlatform({
  GITHUB_ACTIONS: "true",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "acme/packages",
  GITHUB_RUN_ID: "9",
});
const pipelinesEmail = "bot@example.org";
const now = new Date("2026-06-01T12:00:00Z");

describe.skipIf(missing.length > 0)(
  `pushing to the AUR (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let aur: AurOverSsh;
    let world: ScratchWorkspace;

    beforeAll(async () => {
      aur = await AurOverSsh.start();
    });
    afterAll(() => aur.close());

    beforeEach(() => {
      world = new ScratchWorkspace();
      world.write(
        ".ci/config",
        `CI_MANAGE_AUR=true\nGIT_AUTHOR_NAME=Bot\nGIT_AUTHOR_EMAIL=${pipelinesEmail}\n`,
      );
    });
    afterEach(() => world.remove());

    let names = 10;
    /** Every test has packages of its own, so that they share one server. */
    function managed(more = "", pkgbase = `foo-${++names}`): string {
      recipe(pkgbase, "1");
      world.write(`packages/${pkgbase}/.CI/config`, `CI_MANAGE_AUR=true\n${more}`);
      return pkgbase;
    }

    function recipe(pkgbase: string, pkgver: string): void {
      for (const [path, text] of Object.entries(recipeOf(pkgbase, pkgver))) {
        world.write(`packages/${pkgbase}/${path}`, text);
      }
    }

    function ports(more: Partial<AurPorts> = {}): AurPorts {
      const git = openGit(world.dir, process.env);
      return { git, platform: github, key: aur.key, now: () => now, server: aur.server, ...more };
    }

    /** What became of the packages of the newest commit, in short. */
    async function push(more: Partial<AurPorts> = {}): Promise<string[]> {
      const { outcomes } = await manageAur(ports(more), { commit: world.git("rev-parse", "HEAD") });
      return outcomes.map((outcome) => {
        if (outcome.kind === "problem") return `problem ${outcome.pkgbase}: ${outcome.error.code}`;
        return `${outcome.kind} ${outcome.pkgbase}`;
      });
    }

    async function errorOf(more: Partial<AurPorts> = {}): Promise<SluiceError> {
      const { outcomes } = await manageAur(ports(more), { commit: world.git("rev-parse", "HEAD") });
      const [outcome] = outcomes;
      if (outcome?.kind !== "problem") throw new Error(`no problem: ${JSON.stringify(outcome)}`);
      return outcome.error;
    }

    test("a new package's first push makes its repository, with all of the recipe and nothing of .CI", async () => {
      const foo = managed();
      world.write(`packages/${foo}/keys/pgp/ABC.asc`, "a key");
      world.write(`packages/${foo}/run.sh`, "#!/bin/sh\n", 0o755);
      world.write(`packages/${foo}/.CI/update.sh`, "ours\n");
      const commit = world.commit("start");
      expect(await push()).toEqual([`pushed ${foo}`]);
      expect(Object.keys(aur.files(foo))).toEqual([".SRCINFO", "PKGBUILD", "keys/pgp/ABC.asc", "run.sh"]);
      expect(aur.files(foo)["run.sh"]).toMatch(/^100755 /);
      expect(aur.show(foo, "%P|%an <%ae>|%cn <%ce>|%ct")).toBe(
        `|Bot <${pipelinesEmail}>|Bot <${pipelinesEmail}>|${now.getTime() / 1000}`,
      );
      expect(aur.show(foo, "%B")).toBe(
        `chore: update ${foo} to 1-1\n\n` +
          "This commit was automatically generated to reflect changes to this package in another repository.\n\n" +
          `History: https://github.com/acme/packages/commits/${commit}/packages/${foo}\n` +
          "Pipeline: https://github.com/acme/packages/actions/runs/9\n" +
          `Commit: ${commit}`,
      );
    });
    test("a stale .SRCINFO, or none, is a fresh one in the AUR; ours stays as it is", async () => {
      const foo = managed();
      const fresh = recipeOf(foo, "1")[".SRCINFO"]!.trimEnd();
      world.write(`packages/${foo}/.SRCINFO`, srcinfoText(foo, { pkgver: "0" }));
      world.commit("start");
      expect(await push()).toEqual([`pushed ${foo}`]);
      expect(aur.files(foo)[".SRCINFO"]).toBe(fresh);
      expect(world.read(`packages/${foo}/.SRCINFO`)).toBe(srcinfoText(foo, { pkgver: "0" }));
      world.delete(`packages/${foo}/.SRCINFO`);
      world.write(`packages/${foo}/PKGBUILD`, recipeOf(foo, "2")["PKGBUILD"]!);
      world.commit("without");
      expect(await push()).toEqual([`pushed ${foo}`]);
      expect(aur.files(foo)[".SRCINFO"]).toBe(recipeOf(foo, "2")[".SRCINFO"]!.trimEnd());
    });

    test("what is in the AUR already isn't pushed again, nor is a change of .CI", async () => {
      const foo = managed();
      world.commit("start");
      await push();
      const tip = aur.tip(foo);
      expect(await push()).toEqual([`unchanged ${foo}`]);
      world.write(`packages/${foo}/.CI/config`, "CI_MANAGE_AUR=true\nCI_ON_TRIGGER=daily\n");
      world.commit("settings");
      aur.commands();
      expect(await push()).toEqual([`unchanged ${foo}`]);
      expect(aur.tip(foo)).toBe(tip);
      expect(aur.commands()).toEqual([`git-upload-pack ${foo}`]);
    });

    test("an update is a commit on top of the AUR's; what left the recipe leaves, Git's own files there stay", async () => {
      const foo = managed();
      world.write(`packages/${foo}/old.patch`, "old");
      world.commit("start");
      await push();
      const ours = aur.tip(foo);
      const theirs = aur.commitBy(pipelinesEmail, foo, {
        ...recipeOf(foo, "1"),
        "old.patch": "old",
        ".gitignore": "pkg/",
      });
      recipe(foo, "2");
      world.delete(`packages/${foo}/old.patch`);
      world.commit("new version");
      const before = world.git("count-objects", "-v");
      expect(await push()).toEqual([`pushed ${foo}`]);
      expect(aur.show(foo, "%P %s")).toBe(`${theirs} chore: update ${foo} to 2-1`);
      expect(aur.files(foo)).toEqual({ ...trimmed(recipeOf(foo, "2")), ".gitignore": "pkg/" });
      expect(ours).not.toBe(theirs);
      expect(world.git("count-objects", "-v")).toBe(before);
      expect(world.git("status", "--short")).toBe("");
    });

    test("a dry run says what would be pushed and why, and pushes nothing", async () => {
      const foo = managed();
      world.commit("start");
      await push();
      recipe(foo, "2");
      const commit = world.commit("new version");
      const tip = aur.tip(foo);
      aur.commands();
      const { plan, outcomes } = await manageAur(ports(), { commit, dryRun: true });
      expect(outcomes).toEqual([]);
      expect(plan.decisions).toMatchObject([
        {
          kind: "push",
          pkgbase: foo,
          parent: tip,
          reason: `differs from what was pushed last (${tip.slice(0, 10)})`,
          changed: [".SRCINFO", "PKGBUILD"],
          removed: [],
        },
      ]);
      expect(aur.commands()).toEqual([`git-upload-pack ${foo}`]);
    });

    test("a package is pushed only where it and the repository both say so", async () => {
      const foo = managed();
      recipe("unmanaged", "1");
      world.commit("start");
      expect(await push()).toEqual([`pushed ${foo}`]);
      world.write(".ci/config", "CI_MANAGE_AUR=false\n");
      world.commit("no more");
      expect(await push({ key: undefined })).toEqual([]);
      aur.commands();
      await expect(
        manageAur(ports(), { commit: "HEAD", pkgbases: ["unmanaged", "nothing", foo] }),
      ).rejects.toMatchObject({
        code: "not-managed",
        message: `not managed in the AUR from here: unmanaged, nothing (no such package), ${foo}`,
      });
      expect(aur.commands()).toEqual([]);
    });

    test("a server with another host key gets nothing, and the next run pushes to the right one", async () => {
      const [foo, bar] = [managed(), managed()];
      world.commit("start");
      const { server } = aur;
      await aur.listen("other-host");
      aur.commands();
      try {
        expect(await push()).toEqual([`problem ${foo}: aur-host-key`, `problem ${bar}: aur-host-key`]);
        expect((await errorOf()).message).toBe("127.0.0.1 shows another host key than the AUR's");
        // Nor where no key of its kind is known.
        const ecdsa = { ...server, hostKeys: [ecdsaKey] };
        expect(await push({ server: ecdsa })).toEqual([
          `problem ${foo}: aur-host-key`,
          `problem ${bar}: aur-host-key`,
        ]);
        expect(aur.commands()).toEqual([]);
      } finally {
        await aur.listen();
      }
      expect(await push()).toEqual([`pushed ${foo}`, `pushed ${bar}`]);
    });

    test("other SSH settings of Git don't count", async () => {
      const foo = managed();
      world.commit("start");
      const settings = join(world.base, "gitconfig");
      writeFileSync(settings, "[core]\n\tsshCommand = false\n");
      const env = { ...process.env, GIT_CONFIG_GLOBAL: settings, GIT_SSH_COMMAND: "false", GIT_SSH: "false" };
      expect(await push({ git: openGit(world.dir, env) })).toEqual([`pushed ${foo}`]);
    });

    test("a missing, unreadable, locked or unknown key is said, and nothing is lost", async () => {
      const [foo, bar] = [managed(), managed()];
      world.commit("start");
      const problems = [`problem ${foo}: aur-key`, `problem ${bar}: aur-key`];
      aur.commands();
      expect(await push({ key: undefined })).toEqual(problems);
      expect(await push({ key: "not a key" })).toEqual(problems);
      expect(await push({ key: aur.lockedKey })).toEqual(problems);
      expect(await push({ key: aur.key.slice(0, 200) })).toEqual(problems);
      expect(await push({ key: aur.strangersKey })).toEqual(problems);
      expect((await errorOf({ key: aur.strangersKey })).message).toBe(
        "the AUR doesn't know the key in AUR_KEY",
      );
      expect(aur.commands()).toEqual([]);
      const base64 = Buffer.from(aur.key)
        .toString("base64")
        .replaceAll(/(.{76})/g, "$1\n");
      expect(await push({ key: base64 })).toEqual([`pushed ${foo}`, `pushed ${bar}`]);
      expect(await push({ key: aur.key.trim().replaceAll("\n", "\r\n") })).toEqual([
        `unchanged ${foo}`,
        `unchanged ${bar}`,
      ]);
    });

    test("an AUR that can't be reached is said, not tried for every package, and found again", async () => {
      const all = Array.from({ length: 8 }, () => managed());
      world.commit("start");
      const problems = all.map((name) => `problem ${name}: aur-unreachable`).sort();
      aur.maintenance = "The AUR is down due to maintenance. We will be back soon.";
      aur.commands();
      expect((await push()).sort()).toEqual(problems);
      expect(aur.commands().length).toBeLessThan(8);
      expect((await errorOf()).message).toContain("down due to maintenance");
      aur.maintenance = undefined;
      await aur.stop();
      expect((await push()).sort()).toEqual(problems);
      await aur.listen();
      expect((await push()).sort()).toEqual(all.map((name) => `pushed ${name}`).sort());
    });

    test("what somebody pushes meanwhile is not overwritten, and the next run says so", async () => {
      const foo = managed();
      world.commit("start");
      await push();
      recipe(foo, "2");
      world.commit("new version");
      let theirs = "";
      const checkpoint = (moment: string): void => {
        if (moment === "before") theirs = aur.commitBy("else@example.org", foo, recipeOf(foo, "1.5"));
      };
      expect(await push({ checkpoint })).toEqual([`problem ${foo}: aur-moved`]);
      expect(aur.tip(foo)).toBe(theirs);
      expect(await push()).toEqual([`problem ${foo}: aur-foreign`]);
      expect((await errorOf()).message).toBe(
        `${foo}: the AUR has commit ${theirs.slice(0, 10)} by else@example.org, which main never had; it was not overwritten`,
      );
      expect(aur.tip(foo)).toBe(theirs);
    });

    test("a repository that somebody makes meanwhile is not overwritten", async () => {
      const foo = managed();
      world.commit("start");
      let theirs = "";
      const checkpoint = (moment: string): void => {
        if (moment === "before") theirs = aur.commitBy("else@example.org", foo, recipeOf(foo, "1"));
      };
      expect(await push({ checkpoint })).toEqual([`problem ${foo}: aur-moved`]);
      expect(aur.tip(foo)).toBe(theirs);
      expect(await push()).toEqual([`unchanged ${foo}`]);
    });

    test("what the AUR itself finds to be overtaken is said to be that", async () => {
      const foo = managed();
      world.commit("start");
      aur.refuse(foo, "denying non-fast-forward (you should pull first)");
      expect(await push()).toEqual([`problem ${foo}: aur-moved`]);
    });

    test("a stranger's commit is built upon as soon as main has had its recipe", async () => {
      const foo = managed();
      recipe(foo, "3");
      world.commit("start");
      const theirs = aur.commitBy("else@example.org", foo, recipeOf(foo, "2"));
      expect(await push()).toEqual([`problem ${foo}: aur-foreign`]);
      recipe(foo, "2");
      world.commit("as the AUR has it");
      expect(await push()).toEqual([`unchanged ${foo}`]);
      recipe(foo, "3");
      world.commit("and ours on top");
      expect(await push()).toEqual([`pushed ${foo}`]);
      expect(aur.show(foo, "%P")).toBe(theirs);
    });

    test("a commit that only claims to be a pipeline's, or only has its address, is somebody's", async () => {
      const [foo, bar] = [managed(), managed()];
      world.commit("start");
      await push();
      const words = aur.show(foo, "%B");
      aur.commitBy("else@example.org", foo, recipeOf(foo, "0.9"), words);
      aur.commitBy(pipelinesEmail, bar, recipeOf(bar, "0.9"), "by hand");
      expect(await push()).toEqual([`problem ${foo}: aur-foreign`, `problem ${bar}: aur-foreign`]);
    });

    test("a package whose updates come from the AUR waits for what main hasn't taken yet", async () => {
      const foo = managed("CI_PKGBUILD_SOURCE=aur\n");
      world.commit("start");
      const theirs = aur.commitBy("else@example.org", foo, recipeOf(foo, "2"));
      expect(await push()).toEqual([`wait ${foo}`]);
      expect(aur.tip(foo)).toBe(theirs);
      recipe(foo, "2");
      world.write(`packages/${foo}/PKGBUILD`, `${recipeOf(foo, "2")["PKGBUILD"]}\n\n`);
      world.commit("taken, in another layout");
      expect(await push()).toEqual([`unchanged ${foo}`]);
      world.write(`packages/${foo}/ours.patch`, "ours");
      world.commit("ours on top");
      expect(await push()).toEqual([`pushed ${foo}`]);
    });

    test("what the AUR refuses is said in its words, and is that package's alone", async () => {
      const [foo, bar, baz] = [managed(), managed(), managed()];
      world.commit("start");
      aur.refuse(foo, "package already provided by [extra]: foo");
      aur.deny(bar);
      expect(await push()).toEqual([
        `problem ${foo}: aur-refused`,
        `problem ${bar}: aur-refused`,
        `pushed ${baz}`,
      ]);
      const { outcomes } = await manageAur(ports(), { commit: "HEAD" });
      expect(
        outcomes.flatMap((outcome) => (outcome.kind === "problem" ? [outcome.error.message] : [])),
      ).toEqual([
        `${foo}: the AUR refused: package already provided by [extra]: foo`,
        expect.stringMatching(
          new RegExp(`^${bar}: the AUR refused: git-receive-pack: permission denied: account`),
        ),
      ]);
      aur.refuse(foo, undefined);
      expect(await push()).toEqual([`pushed ${foo}`, `problem ${bar}: aur-refused`, `unchanged ${baz}`]);
    });

    test("a recipe that the AUR would refuse isn't sent, and the others are", async () => {
      const [foo, bar] = [managed(), managed()];
      world.write(`packages/${foo}/src/deep.patch`, "x");
      world.write(`packages/${foo}/large.bin`, Buffer.alloc(256_001));
      world.commit("start");
      aur.commands();
      expect(await push()).toEqual([`problem ${foo}: aur-rules`, `pushed ${bar}`]);
      expect(aur.commands().filter((command) => command.includes(foo))).toEqual([]);
      expect((await errorOf()).message).toBe(
        `${foo}: the AUR would refuse it: large.bin has 251 KiB, more than 250 KiB; ` +
          "src/deep.patch lies in a folder; the AUR takes keys/pgp/*.asc and LICENSES/*.txt alone",
      );
    });

    test("ended before a push the next run pushes, ended after it the next run finds nothing to do", async () => {
      const foo = managed();
      world.commit("start");
      const endedAt = async (when: string): Promise<void> => {
        const checkpoint = (moment: string): void => {
          if (moment === when) throw new Error("ended");
        };
        await expect(push({ checkpoint })).rejects.toThrow("ended");
      };
      await endedAt("before");
      expect(aur.tip(foo)).toBe("");
      await endedAt("after");
      expect(aur.show(foo, "%s")).toBe(`chore: update ${foo} to 1-1`);
      expect(await push()).toEqual([`unchanged ${foo}`]);
    });

    test("the key is in no file, no argument and no environment of what is started", async () => {
      const foo = managed();
      world.commit("start");
      const [bin, temporary, seen] = ["bin", "tmp", "seen"].map((name) => join(world.base, name)) as [
        string,
        string,
        string,
      ];
      mkdirSync(bin);
      mkdirSync(temporary);
      // The real ssh, found after one that writes down what it can see.
      const secret = aur.key.split("\n")[1]!;
      const lines = ["#!/bin/sh", `{ echo "$@"; env; grep -r . '${temporary}'; } >> '${seen}' 2>/dev/null`];
      writeFileSync(join(bin, "ssh"), `${[...lines, 'PATH="${PATH#*:}" exec ssh "$@"'].join("\n")}\n`, {
        mode: 0o755,
      });
      vi.stubEnv("TMPDIR", temporary);
      try {
        const git = openGit(world.dir, {
          ...process.env,
          PATH: `${bin}:${process.env["PATH"]}`,
          AUR_KEY: aur.key,
        });
        expect(await push({ git })).toEqual([`pushed ${foo}`]);
      } finally {
        vi.unstubAllEnvs();
      }
      const said = readFileSync(seen, "utf8");
      expect(said).toContain("StrictHostKeyChecking=yes");
      expect(said).toContain("ssh-ed25519");
      expect(said).not.toContain(secret);
      expect(said).not.toContain("AUR_KEY");
      expect(readdirSync(temporary)).toEqual([]);
    });

    test("a run that is killed leaves no agent behind that holds the key", async () => {
      const program = `
      const { openSsh } = await import(${JSON.stringify(join(process.cwd(), "dist/git/ssh.js"))});
      const chunks = [];
      for await (const chunk of process.stdin) chunks.push(chunk);
      console.log((await openSsh(Buffer.concat(chunks).toString(), [])).command);
      setInterval(() => undefined, 1000);`;
      const run = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      run.stdin.end(aur.key);
      const [said] = (await once(run.stdout, "data")) as [Buffer];
      const socket = /IdentityAgent=(\S+)/.exec(said.toString())![1]!;
      expect(agentsOf(socket)).toHaveLength(1);
      run.kill("SIGKILL");
      await vi.waitUntil(() => agentsOf(socket).length === 0, { timeout: 30_000, interval: 200 });
      rmSync(dirname(socket), { recursive: true, force: true });
    });
  },
);

/** Processes with this socket among their arguments. */
function agentsOf(socket: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${socket}\0`);
    } catch {
      return false;
    }
  });
}

/** A key of a kind that the server hasn't got. */
const ecdsaKey = aurServer.hostKeys.find((key) => key.startsWith("ecdsa"))!;

function recipeOf(pkgbase: string, pkgver: string): Record<string, string> {
  return {
    PKGBUILD: `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=1\narch=('any')\n`,
    ".SRCINFO": srcinfoText(pkgbase, { pkgver }),
  };
}

function trimmed(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.trimEnd()]));
}
