import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { olderRoot } from "./world/older-root.ts";
import { missingPrograms } from "./world/programs.ts";
import { RegistryServer } from "./world/registry-server.ts";
import { GitHubReleaseServer } from "./world/release-forges.ts";
import { ReleaseWorld } from "./world/release-world.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const programs = ["gcc", "tar", "xz", "bsdtar", "skopeo", "docker-registry"];
const missing = missingPrograms(...publishingPrograms, ...programs);
if (probeBubblewrap()) missing.push("a working bubblewrap");
if (process.arch !== "x64") missing.push("a machine with x86-64");
const older = missing.length > 0 ? { missing: missing.join(", ") } : olderRoot();

/** Minne's own, in docs/releases.md, but for where it goes, and without what only a Mac can build. */
const definition = (registry: string): string => `[targets]
x86_64-unknown-linux-gnu = { as = "tar.xz" }
x86_64-pc-windows-msvc = { as = "zip" }
[channels]
stable = { tag = 'v?[0-9]+\\.[0-9]+\\.[0-9]+', alias = "latest" }
rc = { tag = 'v?[0-9]+\\.[0-9]+\\.[0-9]+-.+', prerelease = true }
[stages.build]
app = { run = "build.sh", for = "*", makes = { tree = "result" } }
image = { run = "image.sh", makes = { image = "image.oci.tar" } }
[stages.test]
smoke = { run = "smoke.sh", for = "x86_64-unknown-linux-gnu", takes = "main" }
[archives]
main = { of = "tree", name = "main-{target}.{as}", bundle = "lib", with = ["README.md", "LICENSE", "CHANGELOG.md"] }
[publish]
image = { to = "oci", at = "${registry}/perstarkse/minne:{ref}", of = "image" }
release = { to = "forge", at = "github:owner/app", title = "minne {ref}", of = "main", notes = "CHANGELOG.md" }
`;

const source = {
  "README.md": "# Minne\n",
  LICENSE: "AGPL\n",
  "CHANGELOG.md": `# Changelog
## 1.1.0 (2026-07-24)
- All is done.
## [1.1.0-rc1]
- Nearly all is done.
## v1.0.5
- Mended.
## v1.0.4
- Broken.
`,
  "onnx.c": "int infer(int of) { return of * 6; }\n",
  "main.c": `#include <math.h>
#include <stdio.h>
int infer(int);
int main(int count, char **given) {
  printf("minne %s, %s: %.0f for %s\\n", REF, given[0], infer((int)floor(7.5)) + 0.0, count > 1 ? given[1] : "nobody");
}
`,
};

const scripts = {
  "build.sh": `mkdir -p result/lib
if [ "$TARGET_AS" = zip ]; then
  printf 'MZ %s' "$REF" > result/main.exe
  printf 'MZ onnx' > result/lib/onnxruntime.dll
  exit
fi
gcc -shared -fPIC -Wl,-soname,libonnxruntime.so.1 -o result/lib/libonnxruntime.so.1 onnx.c
gcc -DREF="\\"$REF\\"" -o result/main main.c result/lib/libonnxruntime.so.1 -lm -Wl,-rpath,'$ORIGIN/lib'
for program in server worker; do cp result/main result/$program; done
`,
  "smoke.sh": `"$ARTIFACTS/main/server" me | grep -F "minne $REF"\n`,
  "image.sh": `blobs=oci/blobs/sha256
mkdir -p "$blobs"
put() {
  digest=$(sha256sum "$1" | cut -d' ' -f1) size=$(stat -c %s "$1")
  mv "$1" "$blobs/$digest"
}
echo "$REF" > release
tar --create --file=layer --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 release
put layer
layer=$digest layer_size=$size
printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$layer" > config
put config
type=application/vnd.oci.image
printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"%s.layer.v1.tar","digest":"sha256:%s","size":%s}]}' \\
  $type $type "$digest" "$size" $type "$layer" "$layer_size" > manifest
put manifest
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json","digest":"sha256:%s","size":%s}]}' \\
  $type "$digest" "$size" > oci/index.json
echo '{"imageLayoutVersion":"1.0.0"}' > oci/oci-layout
tar --create --file=image.oci.tar --directory=oci .
`,
};

const bwrap = (...args: readonly string[]): string =>
  execFileSync("bwrap", ["--unshare-all", ...args], { encoding: "utf8" });

describe.skipIf("missing" in older)(
  `Minne's release (needs ${"missing" in older ? older.missing : "nothing more"})`,
  () => {
    const world = new ReleaseWorld();
    const registry = new RegistryServer();
    const forge = new GitHubReleaseServer();
    const { w, server } = world;
    const folder = mkdtempSync(join(tmpdir(), "sluice-minne-"));
    const linux = "main-x86_64-unknown-linux-gnu";
    const windows = "main-x86_64-pc-windows-msvc";

    beforeAll(async () => {
      await world.start();
      await registry.start();
      await forge.start();
      server.commit("minne", { files: source });
      world.define("minne", definition(registry.address), scripts);
      w.publishScheduled();
      await w.sluice(["on-schedule"]);
    });
    afterAll(async () => {
      await forge.stop();
      await registry.stop();
      await world.close();
      rmSync(folder, { recursive: true });
    });

    async function release(...tags: readonly string[]): ReturnType<typeof w.sluice> {
      for (const tag of tags) server.git("minne", "tag", tag);
      await w.sluice(["on-schedule"]);
      return w.sluice(["up", "--once", "--jobs", "2"], forge.secrets);
    }
    const image = (name: string): string =>
      execFileSync(
        "skopeo",
        ["inspect", "--raw", "--tls-verify=false", `docker://${registry.address}/perstarkse/minne:${name}`],
        { encoding: "utf8", stdio: "pipe" },
      );
    const shown = (): unknown =>
      forge.releases.map(({ tag, title, notes, prerelease, draft }) => [
        tag,
        title,
        notes,
        prerelease,
        draft,
      ]);
    /** Both archives with their digests, as a person downloads them. */
    function download(tag: string): void {
      for (const { name, content } of forge.releases.find((each) => each.tag === tag)!.assets)
        writeFileSync(join(folder, name), content);
    }
    test("a stable release has the changelog's section, both archives, and becomes the latest", async () => {
      const { code, stderr } = await release("v1.0.5");
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: built")]);
      expect(shown()).toEqual([["v1.0.5", "minne v1.0.5", "- Mended.", false, false]]);
      expect(forge.releases[0]!.assets.map(({ name }) => name).toSorted()).toEqual([
        `${windows}.zip`,
        `${windows}.zip.sha256`,
        `${linux}.tar.xz`,
        `${linux}.tar.xz.sha256`,
      ]);
      expect([forge.latest, image("latest")]).toEqual(["v1.0.5", image("v1.0.5")]);
    });

    test("the archive for Linux starts on an older system, unpacked into another folder", () => {
      download("v1.0.5");
      const root = "folder" in older ? older.folder : "";
      const system = ["--ro-bind", root, "/", "--tmpfs", "/tmp", "--dev", "/dev", "--proc", "/proc"];
      const inside = [...system, "--ro-bind", folder, "/tmp/got", "--setenv", "LC_ALL", "C"];
      const unpack = `cd /tmp/got && sha256sum --check ${linux}.tar.xz.sha256
mkdir /tmp/else && cd /tmp/else && tar --extract --file=/tmp/got/${linux}.tar.xz && cd / && ls -A /tmp/else/${linux}
/tmp/else/${linux}/main me
ln -s else/${linux}/worker /tmp/worker && cd /tmp && ./worker
/tmp/else/${linux}/.main-bin || echo "alone it doesn't"
`;
      const said = bwrap(...inside, "--", "/bin/sh", "-c", `(${unpack}) 2>&1`);
      expect(said.split("\n").slice(0, -1)).toEqual([
        `${linux}.tar.xz: OK`,
        ...".main-bin .server-bin .worker-bin CHANGELOG.md LICENSE README.md lib main server worker".split(
          " ",
        ),
        `minne v1.0.5, /tmp/else/${linux}/main: 42 for me`,
        "minne v1.0.5, ./worker: 42 for nobody",
        expect.stringMatching(/version `GLIBC_[\d.]+' not found/),
        "alone it doesn't",
      ]);
    });

    test("and where there is no other file at all", () => {
      mkdirSync(join(folder, "unpacked"));
      execFileSync("tar", [
        "--extract",
        "--file",
        join(folder, `${linux}.tar.xz`),
        "--directory",
        join(folder, "unpacked"),
      ]);
      const only = ["--ro-bind", join(folder, "unpacked", linux), "/a/b", "--chdir", "/a"];
      expect(bwrap(...only, "--", "/a/b/server", "x")).toBe("minne v1.0.5, /a/b/server: 42 for x\n");
      expect(bwrap(...only, "--", "b/worker")).toBe("minne v1.0.5, b/worker: 42 for nobody\n");
    });

    test("the archive for Windows is a zip of the same form, with nothing of Linux in it", () => {
      execFileSync("sha256sum", ["--check", "--quiet", `${windows}.zip.sha256`], { cwd: folder });
      const names = execFileSync("bsdtar", ["-tf", join(folder, `${windows}.zip`)], { encoding: "utf8" });
      expect(names.trim().split("\n")).toEqual(
        ["", "CHANGELOG.md", "LICENSE", "README.md", "lib/", "lib/onnxruntime.dll", "main.exe"].map(
          (name) => `${windows}/${name}`,
        ),
      );
    });

    test("a prerelease doesn't move latest; a version that the changelog lacks isn't published at all", async () => {
      const before = image("latest");
      const { code, stderr } = await release("v1.1.0-rc1", "v1.2.0");
      expect([code, stderr]).toEqual([1, expect.stringContaining("CHANGELOG.md has no section for 1.2.0")]);
      expect(shown()).toEqual([
        expect.anything(),
        ["v1.1.0-rc1", "minne v1.1.0-rc1", "- Nearly all is done.", true, false],
      ]);
      expect([forge.latest, image("latest")]).toEqual(["v1.0.5", before]);
      expect(image("v1.1.0-rc1")).not.toBe(before);
      expect(() => image("v1.2.0")).toThrow("manifest unknown");
    });

    test("the next stable release is the latest", async () => {
      const { code, stderr } = await release("1.1.0");
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: built")]);
      expect(shown()).toContainEqual(["1.1.0", "minne 1.1.0", "- All is done.", false, false]);
      expect([forge.latest, image("latest")]).toEqual(["1.1.0", image("1.1.0")]);
    });
  },
);
