import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GitHubReleaseServer, GitLabReleaseServer } from "../../../test/world/release-forges.ts";
import { readText } from "../../../test/world/release-examples.ts";
import { noEvidence } from "../../release/plan/evidence.ts";
import { planRelease } from "../../release/plan/plan-release.ts";
import type { PlannedRelease } from "../../release/plan/release-plan.ts";
import type { Publisher } from "../publisher.ts";
import { openReader } from "../read-back.ts";
import { openForgeRelease } from "./forge.ts";

describe.each([
  ["github", () => new GitHubReleaseServer()],
  ["gitlab", () => new GitLabReleaseServer()],
] as const)("a release on %s", (kind, make) => {
  let forge: GitHubReleaseServer | GitLabReleaseServer;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-forge-"));
    writeFileSync(
      join(folder, "CHANGELOG.md"),
      "# Changes\n\n## [1.1.0-rc1]\n\nsoon\n\n## v1.0.5\n\n- fixed *x*\n",
    );
    forge = make();
    await forge.start();
  });
  afterEach(async () => {
    await forge.stop();
    rmSync(folder, { recursive: true });
  });

  function open(tag: string, content = "one", secrets = forge.secrets, latest = true): Publisher {
    const definition = readText(
      "app",
      `source = "https://example.org/app.git"
[channels]
stable = { tag = 'v[0-9.]+' }
rc = { tag = '.+', prerelease = true }
[stages.build]
app = { run = "build.sh", makes = { bin = "app" } }
[publish]
release = { to = "forge", at = "${kind}:owner/app", title = "app {ref}", of = "bin", notes = "CHANGELOG.md" }
`,
    );
    const ref = { kind: "tag", name: tag, commit: "1".repeat(40) } as const;
    const plan = planRelease(definition, { ref, at: 0 }, noEvidence, 0) as PlannedRelease;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const file = join(folder, sha256);
    writeFileSync(file, content);
    return openForgeRelease({
      planned: plan.publications[0]!,
      publication: definition.publications.get("release")!,
      definition,
      plan,
      filesOf: () => [{ path: "app+x.tar.xz", file, sha256, bytes: content.length, isExecutable: false }],
      secrets,
      folder,
      source: folder,
      latest,
      time: 0,
      checkpoint: undefined,
    });
  }

  const visible = (): unknown =>
    forge.releases
      .filter(({ draft }) => !draft)
      .map(({ tag, title, notes, assets }) => [
        tag,
        title,
        notes,
        assets.map((asset) => `${asset.name} ${asset.content}`),
      ]);

  test("is seen when all is there, with the changelog's section, and once", async () => {
    for (const publisher of [open("v1.0.5"), open("v1.0.5")]) {
      await publisher.stage();
      await publisher.verify();
      const [shown] = await publisher.show();
      expect(shown!.at).toMatch(/v1\.0\.5 app\+x\.tar\.xz$/);
    }
    expect(visible()).toEqual([["v1.0.5", "app v1.0.5", "- fixed *x*", ["app+x.tar.xz one"]]]);
    expect(forge.latest).toBe(kind === "github" ? "v1.0.5" : undefined);
  });

  test("is read back later as it is then, or as nothing", async () => {
    const publisher = open("v1.0.5");
    await publisher.stage();
    const [shown] = await publisher.show();
    const publication = { to: "forge", at: `${kind}:owner/app`, of: "bin" } as const;
    const read = (tag: string): Promise<string | undefined> =>
      openReader({ publication, tag, secrets: forge.secrets })!.read(shown!);
    expect([await read("v1.0.5"), await read("v1.0.6")]).toEqual([shown!.sha256, undefined]);
  });

  test("isn't seen before it is shown", async () => {
    const publisher = open("v1.0.5");
    await publisher.stage();
    await publisher.verify();
    expect(visible()).toEqual([]);
  });

  test("with another file under the same name is refused", async () => {
    const first = open("v1.0.5");
    await first.stage();
    await first.show();
    await expect(open("v1.0.5", "two").stage()).rejects.toThrow("has another app+x.tar.xz already");
  });

  test("a prerelease never moves latest", async () => {
    const publisher = open("v1.1.0-rc1", "one", forge.secrets, false);
    await publisher.stage();
    await publisher.show();
    expect(forge.latest).toBeUndefined();
    expect(forge.releases.map(({ prerelease }) => prerelease)).toEqual([kind === "github"]);
  });

  test("an upload that was lost is found before anything is seen", async () => {
    forge.losesUploads = true;
    const publisher = open("v1.0.5");
    await publisher.stage();
    await expect(publisher.verify()).rejects.toThrow("reads back as nothing");
  });

  test("a changelog without the section, or one that is a link, stops it before anything is sent", async () => {
    await expect(open("v9.0.0").stage()).rejects.toThrow("has no section for 9.0.0");
    unlinkSync(join(folder, "CHANGELOG.md"));
    writeFileSync(join(folder, "secret"), "## 9.0.0\n\nsecret\n");
    symlinkSync("secret", join(folder, "CHANGELOG.md"));
    await expect(open("v9.0.0").stage()).rejects.toThrow("has no section for 9.0.0");
    expect(forge.asked).toEqual([]);
  });

  test("without a token, or with a wrong one, it says what is missing and not the token", async () => {
    expect(() => open("v1.0.5", "one", {})).toThrow("takes a token");
    await expect(
      open("v1.0.5", "one", { ...forge.secrets, RELEASE_TOKEN: "wrong-token" }).stage(),
    ).rejects.toThrow(/^(?!.*wrong-token).*401/);
  });
});
