import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { alterByte } from "./world/alter-byte.ts";
import { missingPrograms } from "./world/programs.ts";
import { installable, publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "makepkg", "fakeroot");
if (probeBubblewrap()) missing.push("a working bubblewrap");

describe.skipIf(missing.length > 0)(
  `an operator's keys and disk (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const workspace = new ScratchWorkspace();
    const state = join(workspace.dir, ".sluice");
    const served = join(state, "repositories/test/x86_64");
    const env = { GNUPGHOME: join(workspace.base, "gnupg") };
    const sluice = (...args: string[]): ReturnType<typeof workspace.sluice> => workspace.sluice(args, env);
    const published = (): Promise<Record<string, string>> =>
      installable({
        root: join(state, "repositories"),
        name: "test",
        arch: "x86_64",
        key: { home: join(state, "signing-key") },
        keepDays: 14,
      });
    const keys = async (): Promise<string[]> =>
      (
        JSON.parse((await sluice("key", "show", "--json")).stdout) as { fingerprint: string; role: string }[]
      ).map(({ fingerprint, role }) => `${role} ${fingerprint}`);
    const gpg = (...args: string[]): string =>
      execFileSync("gpg", ["--batch", "--homedir", env.GNUPGHOME, "--passphrase", "", ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });

    beforeAll(async () => {
      mkdirSync(env.GNUPGHOME, { mode: 0o700 });
      workspace.addRecipe("good");
      workspace.addRecipe("nightly");
      workspace.write("packages/nightly/.CI/config", "CI_ON_TRIGGER=daily\n");
      workspace.publishScheduled();
      expect((await sluice("build", "all")).code).toBe(0);
    });
    afterAll(() => {
      execFileSync("gpgconf", ["--homedir", env.GNUPGHOME, "--kill", "all"]);
      workspace.remove();
    });

    test("audit finds the byte that was altered, the file that was deleted and the folder that nobody serves", async () => {
      const good = join(served, "good-1-1-any.pkg.tar.zst");
      utimesSync(good, 1_700_000_000, 1_700_000_000);
      expect(await sluice("audit")).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("nothing was lost"),
      });
      alterByte(good);
      rmSync(join(served, "nightly-1-1-any.pkg.tar.zst"));
      mkdirSync(join(state, "repositories/former"));
      const { code, stdout } = await sluice("audit");
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(/^damaged +good-1-1-any.pkg.tar.zst +has other content$/m),
      });
      expect(stdout).toMatch(/^damaged +nightly-1-1-any.pkg.tar.zst +is missing$/m);
      expect(stdout).toMatch(/^orphan +\S+\/former +is published, and BUILD_REPO is test$/m);
      rmSync(join(state, "repositories/former"), { recursive: true });
    });

    test("the next build, of whatever package, builds all again that audit found damaged, and says so", async () => {
      const { code, stderr } = await sluice("build", "good");
      expect(code).toBe(0);
      expect(stderr).toContain("damaged: good-1-1-any.pkg.tar.zst has other content; it is built again");
      expect(stderr).toContain("damaged: nightly-1-1-any.pkg.tar.zst is missing; it is built again");
      expect(await published()).toEqual({ good: "1-1", nightly: "1-1" });
      expect(await sluice("audit")).toMatchObject({ code: 0 });
    });

    test("a key out of a backup makes a lost machine's repository anew, and clients needn't do anything", async () => {
      const before = await keys();
      const backup = join(workspace.base, "backup.asc");
      expect(await sluice("key", "export", "--secret", backup)).toMatchObject({ code: 0, stdout: "" });
      expect(await sluice("key", "export", "--secret", backup)).toMatchObject({ code: 2 });
      const offered = (await sluice("key", "export")).stdout;
      rmSync(state, { recursive: true });
      const { code, stdout } = await sluice("key", "import", "--json", backup);
      expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
        code: 0,
        fingerprints: [before[0]!.split(" ").at(-1)],
      });
      expect(workspace.git("status", "--porcelain")).toBe("");
      expect((await sluice("build", "all")).code).toBe(0);
      expect(await published()).toEqual({ good: "1-1", nightly: "1-1" });
      expect([await keys(), (await sluice("key", "export")).stdout]).toEqual([before, offered]);
    });

    test("a lost key is never replaced silently, and can be by another one at once", async () => {
      const [before = ""] = await keys();
      rmSync(join(state, "signing-key"), { recursive: true });
      expect(await sluice("up", "--once")).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/is gone[^]*sluice key import FILE[^]*sluice key rotate --after 0/),
      });
      expect(await sluice("key", "rotate", "--after", "0")).toMatchObject({ code: 0 });
      const [now, former] = await keys();
      expect(now).not.toBe(before);
      expect(former).toBe(before.replace("signs", "signed before; offered until"));
      expect(await published()).toMatchObject({ good: "1-1", "test-keyring": expect.any(String) });
      expect((await sluice("up", "--once")).stderr).toContain("all is published");
      expect(await sluice("audit")).toMatchObject({ code: 0 });
    });

    test("another SIGNING_KEY is refused with the steps, and goes on with the old key until it is time", async () => {
      const [before = ""] = await keys();
      gpg("--quick-generate-key", "Op <op@example.org>", "ed25519", "sign", "0");
      const [, fingerprint = ""] = /^fpr:+([0-9A-F]+):/m.exec(gpg("--list-keys", "--with-colons")) ?? [];
      workspace.write(".ci/config", `BUILD_REPO=test\nSIGNING_KEY=${fingerprint}\n`);
      workspace.commit("another key");
      const files = readdirSync(served);
      for (const command of [["up", "--once"], ["build"]]) {
        expect(await sluice(...command)).toMatchObject({
          code: 2,
          stderr: expect.stringMatching(
            /SIGNING_KEY names [0-9A-F]{40}, while [^]*next: .*sluice key rotate/,
          ),
        });
      }
      expect(readdirSync(served)).toEqual(files);

      expect(await sluice("key", "rotate")).toMatchObject({ code: 0 });
      expect((await keys()).slice(0, 2)).toEqual([before, `signs from ${fingerprint}`]);
      expect((await sluice("up", "--once")).stderr).toContain("all is published");
      expect(await sluice("key", "rotate", "--after", "0")).toMatchObject({ code: 0 });
      expect((await keys())[0]).toBe(`signs ${fingerprint}`);
      expect((await sluice("up", "--once")).stderr).toContain("all is published");
      expect(await published()).toMatchObject({ good: "1-1", nightly: "1-1" });
    });

    test("where runners publish, committing another SIGNING_KEY begins it, and the old key goes on", async () => {
      const [before = ""] = await keys();
      gpg("--quick-generate-key", "Next <next@example.org>", "ed25519", "sign", "0");
      const listed = gpg("--list-keys", "--with-colons", "next@example.org");
      const [, fingerprint = ""] = /^fpr:+([0-9A-F]+):/m.exec(listed) ?? [];
      workspace.write(".ci/config", `BUILD_REPO=test\nCI_SCHEDULE_TO=runners\nSIGNING_KEY=${fingerprint}\n`);
      workspace.commit("the next key");
      const built = join(workspace.base, "built");
      mkdirSync(built);
      expect((await sluice("publish", built)).stderr).toContain(`${fingerprint} signs everything from`);
      expect((await sluice("publish", built)).stderr).not.toContain("signs everything from");
      expect((await keys()).slice(0, 2)).toEqual([before, `signs from ${fingerprint}`]);
    });
  },
);
