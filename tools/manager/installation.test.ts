import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openGit } from "../git/git.ts";
import { host } from "../sandbox/host.ts";
import { openInstallations } from "./installation.ts";

const state = mkdtempSync(join(tmpdir(), "sluice-state-"));
afterAll(() => rmSync(state, { recursive: true }));

test("a lost signing key is told, and never replaced by one that no client trusts", async () => {
  mkdirSync(join(state, "repositories/mine"), { recursive: true });
  writeFileSync(join(state, "repositories/mine/mine.asc"), "the key that clients trust");
  const opened = openInstallations({
    git: openGit(process.cwd(), process.env),
    settings: { BUILD_REPO: "mine", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
    state,
    sandbox: host(),
    gnupgHome: state,
  });
  await expect(opened).rejects.toMatchObject({
    code: "signing-key",
    message: expect.stringContaining("is gone"),
    hint: expect.stringContaining("Restore that folder from your backup"),
  });
});
