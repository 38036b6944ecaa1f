import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installable } from "./world/scratch-repository.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "makepkg", "fakeroot");
if (probeBubblewrap()) missing.push("a working bubblewrap");
const isRoot = process.getuid?.() === 0;

describe.skipIf(missing.length > 0)(
  `what a person has to fix is reported: what, where, next step (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let workspace: ScratchWorkspace;
    beforeEach(() => {
      workspace = new ScratchWorkspace();
      workspace.addRecipe("good");
      workspace.commit("good");
    });
    afterEach(() => workspace.remove());

    /** What `sluice` says when it must refuse: an error, a next step, no stack. */
    async function refused(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
      const { code, stdout, stderr } = await workspace.sluice(args, env);
      expect({ code, stdout, stderr }).toEqual({
        code: expect.any(Number),
        stdout: "",
        stderr: expect.stringMatching(/^error: .+\nnext: .+$/ms),
      });
      expect(stderr).not.toMatch(/^bug:|^ {4}at /m);
      return `${code} ${stderr}`;
    }
    const published = (): Promise<Record<string, string>> =>
      installable({
        root: join(workspace.dir, ".sluice/repositories"),
        name: "test",
        arch: "x86_64",
        key: { home: join(workspace.dir, ".sluice/signing-key") },
        keepDays: 14,
      });

    test("a busy port", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      expect(await refused(["up", "--port", String(port)])).toMatch(/^2 error: port \d+ is in use/);
      server.close();
    });

    test.each([
      ["--port", "eighty"],
      ["--jobs", "0"],
    ])("%s %s is no such number", async (option, value) => {
      expect(await refused(["up", option, value])).toContain(`2 error: ${option}: "${value}" is not`);
    });

    test("a folder without commits", async () => {
      rmSync(join(workspace.dir, ".git"), { recursive: true });
      execFileSync("git", ["init", "-q", workspace.dir]);
      expect(await refused(["up", "--once"])).toMatch(/^2 .*not a Git repository with commits/);
    });

    test("settings that aren't what they should be", async () => {
      workspace.write(".ci/config", "BUILD_REPO=test\nBUILDER_TIMEOUT=soon\n");
      workspace.commit("settings");
      for (const command of ["up", "build"]) {
        expect(await refused([command])).toMatch(/^2 error: \.ci\/config:2: BUILDER_TIMEOUT: `soon` is not/);
      }
    });

    test("HEAD without packages: nothing that is published is removed", async () => {
      expect((await workspace.sluice(["up", "--once"])).code).toBe(0);
      workspace.delete("packages");
      workspace.commit("empty");
      expect(await refused(["up", "--once"])).toMatch(
        /^1 error: commit \S+ has no packages at all, while 1 are/,
      );
      expect(await published()).toEqual({ good: "1-1" });
    });

    test.each([
      ["no file at all", undefined, "can't be read (ENOENT)"],
      ["no JSON", "{", "is not JSON"],
      ["no schedule", "[]", "is not a schedule"],
      ["hostile names", { pkgbase: "../../x", needs: ["$(id)"] }, "is not a schedule: builds.0.pkgbase"],
      ["a commit that this clone doesn't have", { commit: "c".repeat(40) }, "isn't in the clone"],
      ["another repository", { target: "other" }, 'is for the repository "other"'],
      ["another architecture", { arch: "riscv64" }, "(riscv64)"],
    ])("a schedule with %s", async (_what, change, message) => {
      const commit = workspace.git("rev-parse", "HEAD");
      const { pkgbase, needs, ...header } = { pkgbase: "good", needs: [] as string[], ...(change as object) };
      const build = { pkgbase, needs, class: null, pkgnames: ["good"], reason: "test" };
      const pipeline = { commit, id: null, url: null };
      const schedule = { version: 1, commit, pipeline, arch: "x86_64", source: "scratch", target: "test" };
      const text =
        typeof change === "object"
          ? JSON.stringify({ ...schedule, ...header, builds: [build], removals: [] })
          : change;
      if (text !== undefined) workspace.write("schedule.json", text);
      const said = await refused(["enqueue", "schedule.json"]);
      expect(said).toContain(message);
      expect((await workspace.sluice(["queue", "--json"])).stdout).toContain('"builds": []');
    });

    test("a corrupt queue file: what is published stays, and a start without it works", async () => {
      expect((await workspace.sluice(["up", "--once"])).code).toBe(0);
      for (const name of readdirSync(join(workspace.dir, ".sluice"))) {
        // A new file, since this process may still have the old one open.
        if (name.startsWith("queue.sqlite")) rmSync(join(workspace.dir, ".sluice", name));
      }
      const queue = join(workspace.dir, ".sluice/queue.sqlite");
      writeFileSync(queue, "not a database, but long enough to be taken for one".repeat(100));
      for (const command of ["up", "build", "queue"]) {
        expect(await refused([command])).toMatch(/^2 error: The queue's file is damaged/);
      }
      rmSync(queue);
      expect((await workspace.sluice(["up", "--once"])).stderr).toContain("all is published");
      expect(await published()).toEqual({ good: "1-1" });
    });

    test("a key that is missing, or named wrongly", async () => {
      workspace.write(".ci/config", `BUILD_REPO=test\nSIGNING_KEY=${"A".repeat(40)}\n`);
      workspace.commit("key");
      const env = { GNUPGHOME: join(workspace.base, "gnupg") };
      mkdirSync(env.GNUPGHOME, { mode: 0o700 });
      expect(await refused(["up", "--once"], env)).toMatch(/^2 error: The signing key A+ in .* is missing/);
      workspace.write(".ci/config", "BUILD_REPO=test\nSIGNING_KEY=me@example.org\n");
      workspace.commit("key");
      expect(await refused(["build"], env)).toMatch(/^2 error: SIGNING_KEY is not a fingerprint/);
    });

    test("a key that has expired: what is published stays, and what is built is kept for a valid one", async () => {
      const env = { GNUPGHOME: join(workspace.base, "gnupg") };
      mkdirSync(env.GNUPGHOME, { mode: 0o700 });
      const gpg = (...args: string[]): string =>
        execFileSync("gpg", ["--batch", "--homedir", env.GNUPGHOME, "--passphrase", "", ...args], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
      gpg("--quick-generate-key", "Op <op@example.org>", "ed25519", "sign", "seconds=4");
      const [, fingerprint = ""] = /^fpr:+([0-9A-F]+):/m.exec(gpg("--list-keys", "--with-colons")) ?? [];
      workspace.write(".ci/config", `BUILD_REPO=test\nSIGNING_KEY=${fingerprint}\n`);
      workspace.addRecipe("good", { lines: "build() { sleep 6; }" });
      workspace.commit("slow");
      const { code, stderr } = await workspace.sluice(["up", "--once"], env);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^error: .* expired on/m) });
      expect(stderr).toMatch(/^next: Extend it/m);
      gpg("--quick-set-expire", fingerprint, "1d");
      const second = await workspace.sluice(["up", "--once"], env);
      expect(second).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/good: built: 1-1 \([0-2]\.\d s\)/),
      });
      gpg("--quick-set-expire", fingerprint, "seconds=1");
      execFileSync("gpgconf", ["--homedir", env.GNUPGHOME, "--kill", "all"]);
    });

    test("a state folder that can't be one", async () => {
      writeFileSync(join(workspace.base, "file"), "");
      for (const command of ["up", "build", "enqueue"]) {
        if (command === "enqueue") await workspace.onCommit();
        const said = await refused([command, "--state", join(workspace.base, "file/state")]);
        expect(said).toMatch(/^2 error: .* can't be a folder: there is a file in the way/);
      }
    });

    test.skipIf(!isRoot)("a state folder on a read-only file system (needs root)", async () => {
      const state = mount(workspace, "ro,size=1m");
      try {
        expect(await refused(["up", "--once", "--state", state])).toMatch(
          /^2 error: .* file system is read-only/,
        );
      } finally {
        unmount(state);
      }
    });

    test.skipIf(!isRoot)(
      "a full disk: what was published stays, and with room it goes on (needs root)",
      async () => {
        const state = mount(workspace, "size=24m");
        try {
          const up = (): ReturnType<typeof workspace.sluice> =>
            workspace.sluice(["up", "--once", "--state", state]);
          expect((await up()).code).toBe(0);
          const filler = join(state, "filler");
          for (const free of [0, 40, 200]) {
            addLarge(workspace, "good", free + 2);
            addLarge(workspace, "other", free + 2);
            workspace.commit("more");
            const { bavail, bsize } = statfsSync(state);
            writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
            const { code, stderr } = await up();
            expect({ free, code, stderr }).toMatchObject({
              stderr: expect.stringMatching(/full[^]*^next: /im),
            });
            expect(stderr).not.toMatch(/^bug:/m);
            rmSync(filler);
            const again = await up();
            expect({ free, ...again }).toMatchObject({ code: 0 });
          }
        } finally {
          unmount(state);
        }
      },
    );
  },
);

/** A package that needs more room than there is, whatever else is written or deleted meanwhile. */
function addLarge(workspace: ScratchWorkspace, name: string, pkgver: number): void {
  workspace.addRecipe(name, { pkgver: String(pkgver) });
  const path = `packages/${name}/PKGBUILD`;
  const text = readFileSync(join(workspace.dir, path), "utf8");
  workspace.write(path, text.replace('echo "$pkgver" >', "head -c 800000 /dev/urandom >"));
}

function mount(workspace: ScratchWorkspace, options: string): string {
  const state = join(workspace.base, "state");
  mkdirSync(state);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "sluice-test", state]);
  return state;
}

/** A gpg-agent may be about to end in it. */
function unmount(state: string): void {
  execFileSync("umount", ["--lazy", state]);
}
