import { describe, expect, test } from "vitest";
import { exampleText, readExample, readText } from "../../../test/world/release-examples.ts";
import type { Definition } from "../definition/definition.ts";
import type { ReleaseRef } from "../refs/ref.ts";
import { noEvidence, type Evidence } from "./evidence.ts";
import { planRelease } from "./plan-release.ts";
import type { PlannedRelease, ReleasePlan } from "./release-plan.ts";

const commit = "0123456789".repeat(4);
const hour = 3_600_000;
const now = Date.UTC(2026, 6, 24, 3);
const tag = (name: string): ReleaseRef => ({ kind: "tag", name, commit });
const branch = (name: string): ReleaseRef => ({ kind: "branch", name, commit });

function plan(
  definition: Definition,
  ref: ReleaseRef,
  { channel, ...evidence }: Partial<Evidence> & { channel?: string } = {},
): ReleasePlan {
  return planRelease(definition, { ref, channel, at: now }, { ...noEvidence, ...evidence }, now);
}

function release(...args: Parameters<typeof plan>): PlannedRelease {
  const planned = plan(...args);
  if (planned.kind !== "release") throw new Error(planned.reasons.join("\n"));
  return planned;
}

const addresses = ({ publications }: PlannedRelease, name: string): readonly string[] =>
  publications.find((each) => each.name === name)?.places.map(({ at }) => at) ?? [];

function aliases({ steps }: PlannedRelease): readonly (string | undefined)[] {
  return steps.filter((step) => step.do === "alias").map(({ alias }) => alias);
}

function green(channel: string, stage: string, at = now): Evidence["stages"][number] {
  return { channel, stage, commit, isGreen: true, at };
}

function reasons(node: Definition, stages: Evidence["stages"]): readonly string[] {
  const planned = plan(node, branch("release/29.x"), { stages });
  return planned.kind === "wait" ? planned.reasons : [];
}

describe("Garage", () => {
  const garage = readExample("garage");

  test("a tag is published exactly where its releases have always been", () => {
    const planned = release(garage, tag("v1.2.0"));
    expect([planned.channel, planned.version]).toEqual(["stable", "1.2.0"]);
    expect(addresses(planned, "binaries")).toEqual(
      [
        "x86_64-unknown-linux-musl",
        "i686-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "armv6l-unknown-linux-musleabihf",
      ].map((target) => `s3://garagehq.deuxfleurs.fr/_releases/v1.2.0/${target}/garage`),
    );
    expect(addresses(planned, "image")).toEqual(["docker.io/dxflrs/garage:v1.2.0"]);
  });

  test("a weekly commit of main is a development release under the commit's name", () => {
    const planned = release(garage, branch("main"));
    expect([planned.channel, planned.version]).toEqual(["development", "20260724"]);
    expect(addresses(planned, "image")).toEqual([`docker.io/dxflrs/garage:${commit}`]);
  });

  test("nothing is built before every check is green, and each test gets the binary of its target", () => {
    const { jobs } = release(garage, tag("handcrafted-1.0"));
    expect(jobs.map(({ key }) => key)).toEqual([
      "check.fmt",
      "check.lint",
      "check.unit",
      "check.smoke",
      "build.garage@x86_64-unknown-linux-musl",
      "build.garage@i686-unknown-linux-musl",
      "build.garage@aarch64-unknown-linux-musl",
      "build.garage@armv6l-unknown-linux-musleabihf",
      "test.static@x86_64-unknown-linux-musl",
      "test.static@i686-unknown-linux-musl",
      "test.static@aarch64-unknown-linux-musl",
      "test.static@armv6l-unknown-linux-musleabihf",
      "test.smoke@x86_64-unknown-linux-musl",
      "test.smoke@i686-unknown-linux-musl",
    ]);
    const byKey = new Map(jobs.map((job) => [job.key, job]));
    expect(byKey.get("build.garage@i686-unknown-linux-musl")).toMatchObject({
      script: "releases/garage/build.sh",
      needs: ["check.fmt", "check.lint", "check.unit", "check.smoke"],
      makes: [
        { artifact: "bin", target: "i686-unknown-linux-musl", path: "result/bin/garage" },
        { artifact: "cache", target: "i686-unknown-linux-musl", path: "cache" },
      ],
      reason: "stage build of extra, for i686-unknown-linux-musl",
    });
    expect(byKey.get("test.smoke@i686-unknown-linux-musl")!.takes).toEqual([
      {
        artifact: "bin",
        target: "i686-unknown-linux-musl",
        from: { job: "build.garage@i686-unknown-linux-musl" },
      },
    ]);
  });

  test("everything is brought and verified before anything is seen, and the page comes last", () => {
    expect(release(garage, tag("v1.2.0")).steps.map((step) => `${step.do} ${step.publication}`)).toEqual([
      "stage binaries",
      "stage image",
      "stage cache",
      "stage page",
      "verify binaries",
      "verify image",
      "verify cache",
      "verify page",
      "show binaries",
      "show image",
      "show cache",
      "show page",
    ]);
  });

  test("a tag whose name can't be an image's is refused before anything is built", () => {
    expect(plan(garage, tag("v1.2.0+build"))).toMatchObject({
      kind: "refused",
      reasons: [
        expect.stringContaining(
          "image: docker.io/dxflrs/garage:{ref} comes to docker.io/dxflrs/garage:v1.2.0+build",
        ),
      ],
    });
  });
});

describe("Veilid", () => {
  const veilid = readExample("veilid");

  test("crates, which can't be taken back, come after everything is verified and before repositories switch", () => {
    const { steps } = release(veilid, tag("v0.4.1"));
    expect(steps.slice(-4).map((step) => `${step.do} ${step.publication}`)).toEqual([
      "publish crates",
      "publish pypi",
      "show apt",
      "show yum",
    ]);
  });

  test("a nightly goes to its own suite with its date as version, and to no registry", () => {
    const planned = release(veilid, branch("main"));
    expect(planned.version).toBe("20260724");
    expect(planned.publications.map(({ name }) => name)).toEqual(["apt", "yum"]);
    expect(addresses(planned, "yum")).toEqual(["ssh://deploy@repo/srv/rpm/nightly/x86_64"]);
    expect(planned.leftOut).toEqual([
      { publication: "crates", reason: "nightly names others in `publish`" },
      { publication: "pypi", reason: "nightly names others in `publish`" },
    ]);
  });

  test("each machine is known with its jobs before one is made", () => {
    expect(release(veilid, tag("v0.4.1")).machines).toEqual([
      {
        machine: "amd64-deb",
        jobs: ["package.deb@x86_64-unknown-linux-gnu", "package.crate", "package.wheel"],
      },
      { machine: "arm64-deb", jobs: ["package.deb@aarch64-unknown-linux-gnu"] },
      { machine: "amd64-rpm", jobs: ["package.rpm@x86_64-unknown-linux-gnu"] },
    ]);
  });

  test.each(["xv0.4.1", "v0.4.1-rc1"])("the tag %s releases nothing", (name) => {
    expect(plan(veilid, tag(name))).toMatchObject({ kind: "nothing", channel: null });
  });
});

describe("Minne", () => {
  const minne = readExample("minne");

  test("archives have the names that they always had, and the class of their target builds them", () => {
    const planned = release(minne, tag("v1.1.0"));
    expect(planned.archives.map(({ file }) => file)).toEqual([
      "main-x86_64-unknown-linux-gnu.tar.xz",
      "main-aarch64-apple-darwin.tar.xz",
      "main-x86_64-pc-windows-msvc.zip",
    ]);
    expect(planned.jobs.find(({ key }) => key === "build.app@aarch64-apple-darwin")?.on).toEqual({
      class: "macos",
    });
  });

  test("the job that makes a tree bundles its libraries, and the archive packs that, which later jobs can test", () => {
    const target = "x86_64-unknown-linux-gnu";
    const main = { artifact: "main", target };
    const takes = exampleText("minne").replace(
      "[archives]",
      `[stages.test]\nsmoke = { run = "smoke.sh", for = "${target}", takes = "main" }\n[archives]`,
    );
    const { jobs, archives } = release(readText("minne", takes), tag("v1.1.0"));
    const [app, smoke] = ["build.app", "test.smoke"].map((job) =>
      jobs.find(({ key }) => key === `${job}@${target}`),
    );
    expect(app?.bundles).toEqual([{ ...main, of: "tree", libraries: "lib" }]);
    expect(smoke?.takes).toEqual([{ ...main, from: { job: `build.app@${target}` } }]);
    expect(archives[0]?.of).toEqual(main);
  });

  test("a prerelease doesn't move latest, a stable release does, after all else", () => {
    const rc = release(minne, tag("v1.1.0-rc1"));
    expect([rc.channel, rc.prerelease, aliases(rc)]).toEqual(["rc", true, []]);
    const stable = release(minne, tag("v1.1.0"));
    expect([aliases(stable), stable.steps.at(-1)?.do]).toEqual([["latest"], "alias"]);
  });

  test("a prerelease of the same channel keeps no stable release from being the latest", () => {
    const released = [{ channel: "stable", version: "1.2.0-rc1" }];
    expect(aliases(release(minne, tag("v1.1.0"), { released }))).toEqual(["latest"]);
  });

  test("a correction of an older line doesn't move latest back", () => {
    expect(
      aliases(release(minne, tag("v0.9.5"), { released: [{ channel: "stable", version: "1.0.0" }] })),
    ).toEqual([]);
    expect(
      aliases(release(minne, tag("v0.10.0"), { released: [{ channel: "stable", version: "0.9.0" }] })),
    ).toEqual(["latest"]);
  });
});

describe("Ironworks", () => {
  const node = readExample("2140-node");

  test("a review runs the fast checks and publishes nothing", () => {
    const planned = release(node, { kind: "review", name: "17", commit });
    expect([planned.channel, planned.jobs.map(({ key }) => key)]).toEqual(["pr", ["spark.unit"]]);
    expect([planned.publications, planned.steps]).toEqual([[], []]);
  });

  test("staging waits until the review is green and has its label", () => {
    expect(plan(node, branch("staging"))).toMatchObject({
      kind: "wait",
      channel: "staging",
      reasons: [
        "spark in pr is not known to be green for 0123456789",
        "the review doesn't have the label ready-for-staging",
      ],
    });
    const evidence = { stages: [green("pr", "spark")], labels: ["ready-for-staging"] };
    expect(release(node, branch("staging"), evidence).publications.map(({ name }) => name)).toEqual([
      "cache",
    ]);
  });

  test("a job that doesn't gate is nobody's need, and waits for gates like any other", () => {
    const text = `source = "https://example.org/x.git"
[channels]
all = { branch = "main" }
[stages.a]
unit = { run = "unit.sh" }
[stages.b]
tsan = { run = "tsan.sh", gate = false }
[stages.c]
pack = { run = "pack.sh" }
`;
    const { jobs } = release(readText("x", text), branch("main"));
    expect(jobs.map(({ key, needs }) => [key, needs])).toEqual([
      ["a.unit", []],
      ["b.tsan", ["a.unit"]],
      ["c.pack", ["a.unit"]],
    ]);
  });

  test("a candidate needs the commit to be green and the heavy tests to be so recently", () => {
    const forge = green("staging", "forge");
    expect(reasons(node, [forge])).toEqual(["harden has never ended"]);
    expect(reasons(node, [forge, green("harden", "harden", now - 169 * hour)])).toEqual([
      "harden was green longer ago than 7d",
    ]);
    expect(reasons(node, [forge, green("harden", "harden", now - 168 * hour)])).toEqual([]);
    const red = { ...green("harden", "harden", now - hour), isGreen: false };
    expect(reasons(node, [forge, green("harden", "harden", now - 2 * hour), red])).toEqual([
      "harden was red the last time",
    ]);
    expect(reasons(node, [{ ...forge, commit: "f".repeat(40) }, green("harden", "harden")])).toEqual([
      "forge in staging is not known to be green for 0123456789",
    ]);
  });

  test("stable waits for a person, and publishes what staging has built, never built again", () => {
    const stages = [green("candidate", "temper")];
    expect(plan(node, tag("v29.1"), { stages })).toMatchObject({
      kind: "wait",
      reasons: ["no person has accepted what bench reports"],
    });
    const planned = release(node, tag("v29.1"), { stages, reviewed: ["bench"] });
    expect(planned.jobs.map(({ key }) => key)).toEqual(["stamp.manifest"]);
    expect(planned.jobs[0]!.takes).toEqual([
      { artifact: "node", target: null, from: { channel: "staging" } },
    ]);
    expect(planned.publications).toEqual([
      {
        name: "manifest",
        to: "files",
        places: [
          {
            at: "s3://releases/29.1/",
            holds: [
              { artifact: "node", target: null },
              { artifact: "manifest", target: null },
            ],
          },
        ],
        reason: "stable makes what it publishes",
      },
    ]);
  });

  test("a channel without a pattern is entered by its name", () => {
    const evidence = { channel: "harden", stages: [green("staging", "forge")] };
    expect(release(node, branch("staging"), evidence).jobs.map(({ key }) => key)).toEqual([
      "harden.fuzz",
      "harden.ibd",
      "harden.bench",
    ]);
  });
});

test("a tag without a version is refused where a name needs one", () => {
  const text = `source = "https://example.org/x.git"
[channels]
all = { tag = ".+" }
[stages.build]
x = { run = "x.sh", makes = { x = "x" } }
[publish]
x = { to = "files", at = "s3://bucket/{version}/x", of = "x" }
`;
  expect(plan(readText("x", text), tag("nightly"))).toMatchObject({
    kind: "refused",
    reasons: ["x: s3://bucket/{version}/x needs {version}, and the tag nightly names no version"],
  });
});

test.each(["$(reboot)", "v1;id", "../../etc", "v1/../../x"])(
  "the tag %s gets no plan, whoever names its channel",
  (name) => {
    expect(plan(readExample("garage"), tag(name), { channel: "stable" })).toMatchObject({ kind: "nothing" });
  },
);

const review: ReleaseRef = { kind: "review", name: "7", commit };
const cached = (channels: string): Definition =>
  readText(
    "app",
    `source = "https://example.org/app.git"
[channels]
${channels}
[stages.check]
unit = { run = "unit.sh", cache = ["target", ".cargo"] }
[stages.build]
app = { run = "build.sh", cache = "target", makes = { bin = "app" } }
[publish]
files = { to = "files", at = "s3://bucket/{ref}", of = "bin" }
`,
  );
const checks = 'checks = { branch = "main", stages = ["check"] }\n';

const cacheOf = (definition: Definition, ref: ReleaseRef, channel: string): unknown =>
  release(definition, ref, { channel, stages: [green("checks", "check")] }).jobs.map(({ cache }) => cache);

describe("what is kept from run to run", () => {
  test("is there where nothing is published, and a review leaves nothing in it", () => {
    const definition = cached(`${checks}stable = { tag = '.+' }`);
    const paths = ["target", ".cargo"];
    expect(cacheOf(definition, branch("main"), "checks")).toEqual([{ paths, keep: true }]);
    expect(cacheOf(definition, review, "checks")).toEqual([{ paths, keep: false }]);
  });

  test("isn't there for what is published, nor for checks on which something that is published rests", () => {
    const definition = cached(`${checks}stable = { tag = '.+', after = { check = "checks" } }`);
    expect(cacheOf(definition, tag("v1"), "stable")).toEqual([null, null]);
    expect(cacheOf(definition, branch("main"), "checks")).toEqual([null]);
  });
});
