import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IndexGroup } from "../tools/publish/page/index.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { cloneOfThis } from "./world/packaged-sluice.ts";
import { missingPrograms } from "./world/programs.ts";
import { GitHubReleaseServer } from "./world/release-forges.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { sluice } from "./world/sluice.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot", "bsdtar", "skopeo", "curl");
if (probeBubblewrap()) missing.push("a working bubblewrap");
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const tag = `v${version}`;

describe.skipIf(missing.length > 0)(
  `Sluice's own release, of a clone with a tag (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const base = mkdtempSync(join(tmpdir(), "sluice-own-"));
    const origin = join(base, "origin.git");
    const forges = [new GitHubReleaseServer(), new GitHubReleaseServer()] as const;
    const registry = servedModules();

    beforeAll(async () => {
      for (const forge of forges) await forge.start();
      const first = join(base, "first");
      cloneOfThis(first);
      edit(first, "CHANGELOG.md", "## [Unreleased]", `## [${version}]\n\n- It can be had.\n\n## [Older]`);
      // What npm would fetch and the compiler make is here already.
      edit(first, "releases/sluice/build.sh", /^npm ci .*$/m, await registry.start());
      edit(first, "releases/sluice/build.sh", /^npm run .*$/m, ":");
      edit(first, "releases/sluice/build.sh", /^npm prune .*$/m, ":");
      // No registry can be reached: a base that brings all that the image needs.
      edit(first, "Containerfile", /^ARG BASE=.*$/m, "ARG BASE=oci:base");
      writeBase(join(first, "base"));
      const git = (...args: string[]): Buffer => execFileSync("git", ["-C", first, ...args]);
      git("add", "--all", "--force", "base");
      git("commit", "-q", "-a", "-m", "chore: release");
      git("tag", tag);
      git("clone", "-q", "--bare", first, origin);
      for (const name of ["a", "b"])
        execFileSync("git", ["clone", "-q", "--branch", "main", origin, join(base, name)]);
    });
    afterAll(async () => {
      for (const forge of forges) await forge.stop();
      await registry.stop();
      rmSync(base, { recursive: true, force: true });
    });

    const release = (clone: string, forge: GitHubReleaseServer, ref = tag): ReturnType<typeof sluice> =>
      sluice(["release", "sluice", ref], {
        cwd: join(base, clone),
        env: { ...forge.secrets, GITHUB_REPOSITORY: "owner/app" },
      });

    test("has the npm package, the pacman package, the image and their sums, with the changelog's section", async () => {
      const { code, stderr } = await release("a", forges[0]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: done")]);
      expect(forges[0].releases.map(({ title, notes, draft }) => [title, notes, draft])).toEqual([
        [`Sluice ${version}`, "- It can be had.", false],
      ]);
      const names = [
        "SHA256SUMS",
        `sluice-${version}-1-x86_64.pkg.tar.zst`,
        `sluice-${version}.oci.tar`,
        `sluice-${version}.tgz`,
      ];
      expect(Object.keys(assets(forges[0]))).toEqual(names);
      const folder = join(base, "a/public", tag);
      expect(readdirSync(folder).toSorted()).toEqual(names);
      execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: folder });
    });

    test("has a page that lists them with size and digest", () => {
      const index = readFileSync(join(base, "a/public/_releases.json"), "utf8");
      const [stable] = JSON.parse(index) as readonly IndexGroup[];
      const [{ version: ref, builds }] = stable!.builds as [IndexGroup["builds"][0]];
      expect([stable!.name, ref]).toEqual(["stable", tag]);
      expect(Object.fromEntries(builds.map(({ path, sha256 }) => [path.split("/")[1], sha256]))).toEqual(
        assets(forges[0]),
      );
    });

    test("has an image that containers run as the Containerfile says, with the program in it", () => {
      const archive = `oci-archive:${join(base, "a/public", tag, `sluice-${version}.oci.tar`)}`;
      const inspect = ["--insecure-policy", "inspect", "--config", archive];
      const { config } = JSON.parse(execFileSync("skopeo", inspect, { encoding: "utf8" })) as {
        config: object;
      };
      expect(config).toMatchObject({
        User: "sluice",
        Env: ["PATH=/usr/bin", "HOME=/data"],
        WorkingDir: "/data",
        Entrypoint: ["/entry_point.sh"],
      });
    });

    test("is the same to the last byte when it is made again elsewhere", async () => {
      execFileSync("git", ["-C", origin, "branch", "-q", "-D", "state"]);
      const { code, stderr } = await release("b", forges[1]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: done")]);
      expect(assets(forges[1])).toEqual(assets(forges[0]));
    });

    test("is finished then: running it again makes nothing", async () => {
      const asked = forges[1].asked.length;
      const { code, stderr } = await release("b", forges[1]);
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: done before")]);
      expect(forges[1].asked).toHaveLength(asked);
    });

    test("isn't made of a tag that says another version than the files", async () => {
      execFileSync("git", ["-C", origin, "tag", "v99.0.0", "main"]);
      const asked = forges[1].asked.length;
      const { code, stderr } = await release("b", forges[1], "v99.0.0");
      expect([code, stderr]).toEqual([1, expect.stringMatching(/check\.version: failed.*publish: blocked/s)]);
      expect(forges[1].asked).toHaveLength(asked);
    });
  },
);

/** Their digests by name. */
function assets(forge: GitHubReleaseServer): Readonly<Record<string, string>> {
  return Object.fromEntries(
    forge.releases[0]!.assets.map(
      ({ name, content }) => [name, createHash("sha256").update(content).digest("hex")] as const,
    ).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function edit(clone: string, path: string, from: string | RegExp, to: string): void {
  const file = join(clone, path);
  const text = readFileSync(file, "utf8");
  const edited = text.replace(from, () => to);
  if (edited === text) throw new Error(`${path} has no ${from}`);
  writeFileSync(file, edited);
}

/** An image in one layer that has, by name, the programs that Sluice's image needs. */
function writeBase(layout: string): void {
  const root = mkdtempSync(join(tmpdir(), "sluice-base-"));
  for (const folder of ["usr/bin", "etc"]) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ["usr/bin/node", "usr/bin/bwrap", "usr/bin/rsync", "etc/passwd", "etc/group"])
    writeFileSync(join(root, file), "");
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  const put = (content: Uint8Array): { digest: string; size: number } => {
    const sha256 = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(layout, "blobs/sha256", sha256), content);
    return { digest: `sha256:${sha256}`, size: content.length };
  };
  const type = "application/vnd.oci.image";
  const layer = put(execFileSync("tar", ["--create", "--directory", root, "."]));
  const rootfs = { type: "layers", diff_ids: [layer.digest] };
  const config = put(
    json({ architecture: "amd64", os: "linux", config: { Env: ["PATH=/usr/bin"] }, rootfs }),
  );
  const manifest = put(
    json({
      schemaVersion: 2,
      mediaType: `${type}.manifest.v1+json`,
      config: { mediaType: `${type}.config.v1+json`, ...config },
      layers: [{ mediaType: `${type}.layer.v1.tar`, ...layer }],
    }),
  );
  const manifests = [{ mediaType: `${type}.manifest.v1+json`, ...manifest }];
  writeFileSync(join(layout, "index.json"), json({ schemaVersion: 2, manifests }));
  writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  rmSync(root, { recursive: true });
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** Of all packages, what `sluice --version` loads, and what the recipe of the pacman package makes smaller. */
const neededToStart = ["commander", "picocolors", "tree-sitter-bash", "@photostructure/sqlite"];

/** Hands out what is installed and compiled here, in place of npm's registry. */
function servedModules(): { start(): Promise<string>; stop(): Promise<void> } {
  const server = createServer((_, response) => {
    const modules = neededToStart.map((name) => `node_modules/${name}`);
    const args = [
      "--create",
      "--exclude=prebuilds/*/*",
      "--exclude=tree-sitter-bash/src/*",
      "dist",
      ...modules,
    ];
    spawn("tar", args, { stdio: ["ignore", "pipe", "ignore"] }).stdout.pipe(response);
  });
  return {
    async start() {
      await new Promise<void>((resolve) => {
        server.listen(0, "127.0.0.1", resolve);
      });
      const { port } = server.address() as AddressInfo;
      return `curl --silent --fail http://127.0.0.1:${port} | tar --extract`;
    },
    async stop() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
