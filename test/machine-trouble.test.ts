import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BuildRequest, BuildResult } from "../tools/builder/build-request.ts";
import { SluiceError } from "../tools/errors.ts";
import { openGit } from "../tools/git/git.ts";
import { openInstallations, type Installation } from "../tools/manager/installation.ts";
import { rotateKey } from "../tools/manager/keys/rotation.ts";
import { submissionOf } from "../tools/manager/reconcile/submit.ts";
import { up, type UpWatcher } from "../tools/manager/up.ts";
import { host } from "../tools/sandbox/host.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { writeTinyPackage } from "./world/tiny-package.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms);

/** Builds are made by the test, in a process of its own time: a second of it takes ten milliseconds. */
describe.skipIf(missing.length > 0)(
  `a machine that doesn't do its part (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let workspace: ScratchWorkspace;
    let installation: Installation;
    let build: (request: BuildRequest) => Promise<BuildResult>;
    let told: string[];
    const watcher: UpWatcher = {
      finished: ({ pkgbase }, { outcome, message = "" }) => told.push(`${pkgbase} ${outcome}: ${message}`),
      troubled: ({ code }) => told.push(code),
      rotated: (fingerprint) => told.push(`signed by ${fingerprint}`),
    };
    const run = (once: boolean, signal = new AbortController().signal): ReturnType<typeof up> =>
      up([installation], { worker: "test", jobs: 1, once, watcher, signal });
    const submit = async (change: object = {}): Promise<void> => {
      const commit = workspace.git("rev-parse", "HEAD");
      const header = {
        version: 1,
        commit,
        pipeline: { commit, id: null, url: null },
        arch: "x86_64",
      } as const;
      const builds = [{ pkgbase: "good", class: null, pkgnames: ["good"], needs: [], reason: "test" }];
      const schedule = { ...header, source: "scratch", target: "test", builds, removals: [], ...change };
      await installation.queue.submit(submissionOf(schedule, { CI_ON_DEPENDENCY_FAILURE: "auto" }));
    };

    beforeEach(async () => {
      told = [];
      workspace = new ScratchWorkspace();
      workspace.addPackage("good");
      workspace.commit("good");
      build = async ({ pkgbase, folder }) => {
        const file = writeTinyPackage(join(folder, "packages"), { pkgname: pkgbase });
        return { kind: "built", files: [file], pkgnames: [pkgbase], version: "1-1", vcs: {} };
      };
      const start = Date.now();
      [installation] = await openInstallations({
        git: openGit(workspace.dir, process.env),
        settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
        state: join(workspace.base, "state"),
        sandbox: host(),
        gnupgHome: workspace.base,
        now: () => new Date(start + 100 * (Date.now() - start)),
        build: (request) => build(request),
      });
    });
    afterEach(async () => {
      await installation.queue.close();
      workspace.remove();
    });

    test("what is lost is tried again three times, each time later, and then left alone", async () => {
      build = async () => ({ kind: "lost", message: "the network is gone" });
      await run(true);
      expect(told).toEqual(Array.from({ length: 4 }, () => "good lost: the network is gone"));
      const retries: number[] = [];
      const { seq } = await installation.queue.state();
      for await (const event of installation.queue.events({ after: 0 })) {
        if (event.kind === "retry") retries.push(event.until - event.at);
        if (event.seq === seq) break;
      }
      expect(retries).toEqual([1000, 4000, 16_000]);
    });

    test("what another command asks for while a single run ends is built before it says that all is well", async () => {
      await run(true);
      const { queue } = installation;
      let looks = 0;
      const state: typeof queue.state = async () => {
        const seen = await queue.state();
        // Blocked builds were looked for, and whether anything is left at all: that is where a single run ends.
        if (reconciled && ++looks === 2) {
          const builds = [{ pkgbase: "late", class: null, pkgnames: [], needs: [], reason: "late" }];
          await submit({ builds });
        }
        return seen;
      };
      let reconciled = false;
      const told: string[] = [];
      const shared = new Proxy(queue, {
        get: (target, name) =>
          name === "state" ? state : (Reflect.get(target, name) as () => unknown).bind(target),
      });
      const signal = new AbortController().signal;
      const left = await up([{ ...installation, queue: shared }], {
        worker: "test",
        jobs: 1,
        once: true,
        watcher: {
          reconciled: () => (reconciled = true),
          finished: ({ pkgbase }, { outcome }) => told.push(`${pkgbase} ${outcome}`),
        },
        signal,
      });
      expect(told).toEqual(["late failed"]);
      expect(left).toEqual([]);
    });

    test("what was lost through no fault of its own is built by the next run", async () => {
      const good = build;
      build = async () => ({ kind: "lost", message: "the network is gone" });
      await run(true);
      build = good;
      told = [];
      await run(true);
      expect(told).toEqual(["good built: 1-1"]);
    });

    test("what a person must fix stops a single run at once, and the build stays queued", async () => {
      const good = build;
      build = () =>
        Promise.reject(new SluiceError("program-missing", "The program makepkg isn't installed."));
      await expect(run(true)).rejects.toMatchObject({ code: "program-missing" });
      expect((await installation.queue.state()).builds).toMatchObject([{ pkgbase: "good", losses: 1 }]);
      build = good;
      told = [];
      await run(true);
      expect(told).toEqual(["good built: 1-1"]);
    });

    test("it stops neither what serves the repository, nor the builds for good", async () => {
      build = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC", path: "/x" }));
      const stop = new AbortController();
      const running = run(false, stop.signal);
      while (!told.includes("disk-full")) await sleep(10);
      await sleep(50);
      stop.abort();
      await running;
      expect(told[0]).toMatch(/^good lost: \/x can't be written: the disk is full. Free some space there/);
      expect((await installation.queue.state()).builds).toMatchObject([{ pkgbase: "good" }]);
    });

    test("a defect of Sluice ends the run with its stack, and the build isn't held until its lease ends", async () => {
      build = () => Promise.reject(new TypeError("undefined is not a function"));
      await expect(run(true)).rejects.toThrow(TypeError);
      expect((await installation.queue.state()).builds).toMatchObject([{ status: { kind: "delayed" } }]);
    });

    test("what was built and couldn't be published isn't built again, at whichever commit", async () => {
      let begun = 0;
      let isFull = true;
      const good = build;
      build = (request) => {
        begun++;
        return good(request);
      };
      installation = {
        ...installation,
        repository: {
          ...installation.repository,
          checkpoint: (moment, step) => {
            if (!isFull || moment !== "before" || step !== "package placed") return;
            isFull = false;
            throw new SluiceError("disk-full", "The disk is full.", { exitCode: 1 });
          },
        },
      };
      await expect(run(true)).rejects.toMatchObject({ code: "disk-full" });
      workspace.commit("another commit");
      await run(true);
      expect({ begun, told: told.at(-1) }).toEqual({ begun: 1, told: "good built: 1-1" });
    });

    test("a build of a commit that this clone doesn't have is tried again, and says what is missing", async () => {
      workspace.write("packages/good/.CI/config", "CI_ON_TRIGGER=never\n");
      workspace.commit("wait for a trigger");
      await submit({ commit: "c".repeat(40) });
      await run(true);
      expect(told).toHaveLength(4);
      expect(told[0]).toMatch(/^good lost: commit cccccccccc isn't in the clone .* git fetch$/);
    });

    test("the next key signs once it is time, unless it can't, which keeps nobody from building", async () => {
      await run(true);
      const { repository } = installation;
      const places = {
        setting: "",
        home: join(workspace.base, "state/signing-key"),
        gnupgHome: "",
        repository,
      };
      const monthAgo = new Date(installation.now().getTime() - 31 * 86_400_000);
      const { next } = await rotateKey(places, { afterDays: 30, keyring: false, keepDays: 14 }, monthAgo);
      const file = join(repository.root, "test/x86_64/good-1-1-x86_64.pkg.tar.zst");
      rmSync(file);
      await run(true);
      await run(true);
      expect(told).toEqual([
        "good built: 1-1",
        "package-damaged",
        "good built: 1-1",
        `signed by ${next!.fingerprint}`,
      ]);
    });

    test("a build for another repository isn't published in this one", async () => {
      await submit({ target: "other" });
      await run(true);
      expect(told).toContain("good cancelled: it is for other (x86_64), and test (x86_64) is published here");
    });
  },
);
