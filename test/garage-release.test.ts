import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReadBack } from "../tools/manager/releases/publishing/verify-releases.ts";
import type { IndexGroup } from "../tools/publish/page/index.ts";
import { S3Store } from "../tools/publish/stores/s3.ts";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { missingPrograms } from "./world/programs.ts";
import { RegistryServer } from "./world/registry-server.ts";
import { ReleaseWorld, source } from "./world/release-world.ts";
import { S3Server } from "./world/s3.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const compilers = ["gcc", "i686-linux-gnu-gcc", "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"];
const others = ["qemu-aarch64-static", "skopeo", "docker-registry"];
const missing = missingPrograms(...publishingPrograms, ...compilers, ...others);
if (probeBubblewrap()) missing.push("a working bubblewrap");

const targets = [
  "aarch64-unknown-linux-musl",
  "armv6l-unknown-linux-musleabihf",
  "i686-unknown-linux-musl",
  "x86_64-unknown-linux-musl",
];

/** Garage's own, in docs/releases.md, but for where it goes, and Debian's compilers. */
const definition = (registry: string): string => `[targets]
x86_64-unknown-linux-musl = { oci = "linux/amd64", cc = "gcc" }
i686-unknown-linux-musl = { oci = "linux/386", cc = "i686-linux-gnu-gcc" }
aarch64-unknown-linux-musl = { oci = "linux/arm64", cc = "aarch64-linux-gnu-gcc", qemu = "qemu-aarch64-static" }
armv6l-unknown-linux-musleabihf = { oci = "linux/arm/v6", cc = "arm-linux-gnueabihf-gcc", qemu = "qemu-arm-static" }
[channels]
stable = { tag = 'v[0-9]+\\.[0-9]+\\.[0-9]+', alias = "latest" }
extra = { tag = '.+' }
development = { branch = "main", trigger = "weekly" }
[stages.check]
fmt = { run = "fmt.sh" }
unit = { run = "unit.sh" }
[stages.build]
garage = { run = "build.sh", for = "*", makes = { bin = "result/bin/garage" } }
[stages.test]
static = { run = "not-dynamic.sh", for = "*", takes = "bin" }
smoke = { run = "smoke.sh", for = "*", takes = "bin" }
[publish]
binaries = { to = "files", at = "s3://garagehq/_releases/{ref}/{target}/garage", of = "bin" }
image = { to = "oci", at = "${registry}/dxflrs/garage:{ref}", of = "bin", cmd = ["/garage", "server"] }
page = { to = "page", at = "s3://garagehq/_releases", of = "binaries" }
`;

describe.skipIf(missing.length > 0)(
  `Garage's release for four targets (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const world = new ReleaseWorld();
    const s3 = new S3Server();
    const registry = new RegistryServer();
    const { w, server } = world;

    beforeAll(async () => {
      await world.start();
      await s3.start("garagehq");
      await registry.start();
      server.commit("garage", { files: source });
      world.define("garage", definition(registry.address));
      w.publishScheduled();
      await w.sluice(["on-schedule"]);
    });
    afterAll(async () => {
      await registry.stop();
      await s3.stop();
      await world.close();
    });

    const bucket = (): S3Store => new S3Store("garagehq", s3.secrets, undefined);
    const files = async (): Promise<string[]> => (await bucket().list("")).map(({ name }) => name);
    const index = async (): Promise<readonly IndexGroup[]> => {
      const answer = await fetch(`${s3.secrets["AWS_ENDPOINT_URL"]}/garagehq/_releases/_releases.json`);
      return (await answer.json()) as readonly IndexGroup[];
    };
    const shown = async (): Promise<unknown> =>
      (await index()).map(({ name, hide, builds }) => [name, hide, builds.map(({ version }) => version)]);
    const inspect = (name: string): string =>
      execFileSync(
        "skopeo",
        ["inspect", "--raw", "--tls-verify=false", `docker://${registry.address}/dxflrs/garage:${name}`],
        { encoding: "utf8" },
      );
    const up = (): ReturnType<typeof w.sluice> => w.sluice(["up", "--once", "--jobs", "2"], s3.secrets);

    test("a version is stable, another tag extra: S3 holds the documented paths, the registry an index of four", async () => {
      server.git("garage", "tag", "v1.2.0");
      server.git("garage", "tag", "handcrafted-1.0");
      await w.sluice(["on-schedule"]);
      const { code, stderr } = await up();
      expect([code, stderr]).toEqual([0, expect.stringContaining("publish: built")]);
      const binaries = ["handcrafted-1.0", "v1.2.0"].flatMap((ref) =>
        targets.map((target) => `_releases/${ref}/${target}/garage`),
      );
      const pages = ["atom", "html", "json"].map((kind) => `_releases/_releases.${kind}`);
      expect((await files()).toSorted()).toEqual([...pages, ...binaries]);
      const { manifests } = JSON.parse(inspect("v1.2.0")) as { manifests: { platform: object }[] };
      expect(manifests.map(({ platform }) => Object.values(platform).join("/"))).toEqual([
        "amd64/linux",
        "386/linux",
        "arm64/linux",
        "arm/linux/v6",
      ]);
      expect(inspect("latest")).toBe(inspect("v1.2.0"));
    });

    test("the weekly commit is a development release; the page has all, by channel, and newest first by version", async () => {
      const commit = server.commit("garage", { files: { ...source, NEWS: "more\n" } });
      await w.sluice(["on-schedule", "--trigger", "weekly"]);
      server.git("garage", "tag", "v1.10.0");
      await w.sluice(["on-schedule"]);
      expect((await up()).code).toBe(0);
      expect(await shown()).toEqual([
        ["stable", false, ["v1.10.0", "v1.2.0"]],
        ["extra", true, ["handcrafted-1.0"]],
        ["development", true, [commit]],
      ]);
      const [build] = (await index())[0]!.builds[0]!.builds;
      const url = `${s3.secrets["AWS_ENDPOINT_URL"]}/garagehq/_releases/${build!.url}`;
      const body = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect([body.length, await bucket().read(`_releases/${build!.path}`)]).toEqual([
        build!.size,
        build!.sha256,
      ]);
      expect(inspect("latest")).toBe(inspect("v1.10.0"));
    });

    test("what was removed by hand is found by reading it back, and gone from the page with the next release", async () => {
      for (const name of await files()) {
        if (name.includes("/v1.2.0/"))
          await fetch(`${s3.secrets["AWS_ENDPOINT_URL"]}/garagehq/${name}`, { method: "DELETE" });
      }
      const verify = ["release", "garage", "--verify", "--dry-run", "--json"];
      const read = JSON.parse((await w.sluice(verify, s3.secrets)).stdout) as ReadBack[];
      const lost = read.filter(({ found }) => found !== "whole");
      expect([
        read.length,
        lost.map(({ found, release: { ref }, publication }) => [found, ref, publication]),
      ]).toEqual([20, targets.map(() => ["lost", "v1.2.0", "binaries"])]);
      server.git("garage", "tag", "v1.10.1");
      await w.sluice(["on-schedule"]);
      expect((await up()).code).toBe(0);
      const [stable] = (await shown()) as [[string, boolean, string[]]];
      expect(stable[2]).toEqual(["v1.10.1", "v1.10.0"]);
    });
  },
);
