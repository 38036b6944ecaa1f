import { describe, expect, test } from "vitest";
import { exampleText, examples, exampleFiles } from "../../../test/world/release-examples.ts";
import { limits } from "./limits.ts";
import { readDefinition } from "./read-definition.ts";

/** As an editor or `sluice lint` shows them, without the file's path. */
function mistakes(text: string, files = exampleFiles): string[] {
  const { problems } = readDefinition("app", "releases/app/release.toml", text, files);
  return problems.map(({ line, column, message }) => [line, column, message].filter(Boolean).join(":"));
}

const least = `source = "https://example.org/app.git"\n[channels]\nstable = { tag = 'v.+' }\n`;

test.each(examples)("the file of %s is in order", (name) => {
  const { problems } = readDefinition(name, `releases/${name}/release.toml`, exampleText(name), exampleFiles);
  expect(problems).toEqual([]);
});

test("a person gets every mistake of a file at once, each with its place and what was likely meant", () => {
  const text = `sauce = "https://example.org/app.git"
[targets]
x86_64-linux = { as = "tar.xz", Bad = "x" }
arm-linux = { deb = "arm64" }
[channels]
stable = { tag = 'v[0-9', stages = ["tset"], publish = ["imgae"] }
rc = { tag = '.+-rc', prerelease = true, alias = "latest", trigger = "weekly" }
none = { trigger = "nightly" }
[stages.build]
app = { run = "../build.sh", for = "*", makes = { bin = "app", docs = "/usr/share/doc" } }
lib = { run = "lib.sh", fro = "*", gate = "no" }
arm = { run = "arm.sh", for = "riscv-*" }
[stages.test]
smoke = { run = "smoke.sh", for = "*", takes = "bon", on = "{class}" }
[publish]
image = { to = "oci", at = "example.org/app:{ref}", of = "docs" }
index = { to = "pages", of = "files" }
files = { to = "files", at = "s3://bucket/{reff}/x", of = ["bin", "wheel"] }
`;
  expect(mistakes(text)).toEqual([
    "source: is missing",
    "1:1:unknown key sauce; did you mean source?",
    "3:33:targets.x86_64-linux.Bad: is no field: a-z, 0-9 and _, a letter first",
    "6:12:channels.stable.tag: is no regular expression that RE2 knows",
    "6:27:channels.stable.stages: there is no stage tset; did you mean test?",
    "6:46:channels.stable.publish: there is no publication imgae; did you mean image?",
    "7:42:channels.rc.alias: a prerelease never moves an alias",
    "7:60:channels.rc.trigger: is for branches; a tag is released when it is new",
    "8:1:channels.none: takes nothing; it needs tag, branch, reviews or after",
    "10:9:stages.build.app.run: has to stay in its folder: no absolute path, no ., .. or \\, no - at its beginning",
    "10:64:stages.build.app.makes.docs: has to stay in its folder: no absolute path, no ., .. or \\, no - at its beginning",
    "11:25:unknown key fro; did you mean for?",
    "11:36:stages.build.lib.gate: has to be true or false",
    "12:25:stages.build.arm.for: no target matches",
    "14:40:stages.test.smoke.takes: no job makes bon",
    "14:55:stages.test.smoke.on: unknown field {class}; there are as, deb, target",
    "17:11:publish.index.to: can be: files, page, deb, rpm, pacman, nix, oci, crates, pypi, forge; did you mean page?",
    "18:25:publish.files.at: unknown field {reff}; did you mean ref?",
    "18:54:publish.files.of: no job makes wheel",
  ]);
});

test("text that is no TOML is one mistake with its place", () => {
  expect(mistakes(`${least}[stages.build\nx = 1\n`)).toEqual(["4:14:is no TOML: illegal character in key"]);
  expect(mistakes(`${least}[channels]\n`)).toEqual([
    "4:2:is no TOML: trying to redefine an already defined table or value",
  ]);
});

describe("jobs and publications that can't fit together are refused:", () => {
  const withTargets = `${least}[targets]\na = { oci = "linux/amd64" }\nb = { deb = "amd64" }\n`;
  test.each([
    [
      "an artifact that is made twice",
      `[stages.x]\none = { run = "a.sh", for = "a", makes = { bin = "x" } }\ntwo = { run = "a.sh", for = "*", makes = { bin = "x" } }`,
      ["stages.x.two.makes.bin: x.one makes it, too"],
    ],
    [
      "an artifact that isn't made for the target",
      `[stages.x]\none = { run = "a.sh", for = "a", makes = { bin = "x" } }\ntwo = { run = "a.sh", for = "*", takes = "bin" }`,
      ["stages.x.two.takes: bin isn't made for b, and x.two runs for it"],
    ],
    [
      "an artifact that is made later",
      `[stages.x]\none = { run = "a.sh", takes = "bin" }\n[stages.y]\ntwo = { run = "a.sh", makes = { bin = "x" } }`,
      ["stages.x.one.takes: bin is made by y.two, which comes later"],
    ],
    [
      "an artifact of a job that nothing may wait for",
      `[stages.x]\none = { run = "a.sh", gate = false, makes = { bin = "x" } }\n[publish]\np = { to = "pypi", of = "bin" }`,
      ["publish.p.of: x.one makes bin and has gate = false, so that nothing can wait for it"],
    ],
    [
      "a machine that isn't there",
      `[machines]\nbig = { on = "local", image = "x", hours = 1 }\n[stages.x]\none = { run = "a.sh", on = "bug" }`,
      ["stages.x.one.on: there is no machine bug; did you mean big?"],
    ],
    [
      "two targets at one address",
      `[stages.x]\none = { run = "a.sh", for = "*", makes = { bin = "x" } }\n[publish]\np = { to = "files", at = "s3://bucket/{ref}/x", of = "bin" }`,
      ["publish.p.at: p of b and p of a come to one address"],
    ],
    [
      "two archives of one name",
      `[stages.x]\none = { run = "a.sh", for = "*", makes = { bin = "x" } }\n[archives]\nmain = { of = "bin", name = "main.zip" }`,
      ["archives.main.name: main.zip of b is the name of the archive main of a, too"],
    ],
    [
      "an archive that a value makes a path of",
      `[stages.x]\none = { run = "a.sh", for = "a", makes = { bin = "x" } }\n[archives]\nmain = { of = "bin", name = "{oci}.zip" }`,
      ['archives.main.name: "linux/amd64.zip" of a is a path; an archive is one file'],
    ],
    [
      "libraries in a folder of a target's name",
      `[stages.x]\none = { run = "a.sh", for = "a", makes = { bin = "x" } }\n[archives]\nmain = { of = "bin", name = "a.zip", bundle = "lib/{target}" }`,
      ["archives.main.bundle: is a folder's path, without * and {…}"],
    ],
    [
      "an archive called as what it packs",
      `[stages.x]\none = { run = "a.sh", for = "a", makes = { bin = "x" } }\n[archives]\nbin = { of = "bin", name = "a.zip", bundle = "lib" }`,
      ["archives.bin: is an artifact's name, too"],
    ],
    [
      "an image without a platform",
      `[stages.x]\none = { run = "a.sh", for = "*", makes = { bin = "x" } }\n[publish]\np = { to = "oci", at = "ghcr.io/o/n:{ref}", of = "bin" }`,
      ['publish.p.of: the target b has no field oci, such as oci = "linux/amd64"'],
    ],
    [
      "a field that not all targets have",
      `[stages.x]\none = { run = "a.sh", for = "*", on = "{deb}-deb" }`,
      ["stages.x.one.on: the target a has no field deb"],
    ],
    [
      "a target's field where there is no target",
      `[stages.x]\none = { run = "a.sh", makes = { bin = "{target}/x" } }`,
      ["stages.x.one.makes.bin: {target} is of a target, and this is the same for all targets"],
    ],
    [
      "braces without a field",
      `[stages.x]\none = { run = "a.sh", makes = { bin = "{x}{" } }`,
      ["stages.x.one.makes.bin: has braces that aren't {field}"],
    ],
  ])("%s", (_, text, expected) => {
    expect(mistakes(`${withTargets}${text}\n`).map((each) => each.replace(/^\d+:\d+:/, ""))).toEqual(
      expected,
    );
  });
});

test("a script that isn't there is a mistake where it is named", () => {
  const text = `${least}[stages.x]\nunit = { run = "unit.sh", fixture = "data.json" }\n`;
  const files = {
    ...exampleFiles,
    whyMissing: (path: string) => (path === "releases/app/unit.sh" ? "is missing" : "is a symbolic link"),
  };
  expect(mistakes(text, files)).toEqual([
    "5:10:stages.x.unit.run: releases/app/unit.sh is missing",
    "5:27:stages.x.unit.fixture: releases/app/data.json is a symbolic link",
  ]);
});

describe("channels that can't come one after the other are refused:", () => {
  const stages = `[stages.spark]\nunit = { run = "unit.sh" }\n[stages.forge]\nnode = { run = "node.sh", makes = { node = "x" } }\n[stages.stamp]\nlist = { run = "list.sh", takes = "node" }\n[publish]\nnode = { to = "pypi", of = "node" }\n`;
  test.each([
    [
      "a stage that isn't there",
      'after = { sparc = "pr" }',
      "after.sparc: there is no stage sparc; did you mean spark?",
    ],
    [
      "a channel that isn't there",
      'after = { spark = "rp" }',
      "after.spark: rp is neither a channel nor an age such as 7d; did you mean pr?",
    ],
    [
      "a stage that the channel doesn't run",
      'after = { forge = "pr" }',
      "after.forge: the channel pr doesn't run the stage forge",
    ],
    [
      "a report that no job makes",
      'after = { reviewed = "bench" }',
      "after.reviewed: no job bench has `bench`",
    ],
    ["each other", 'after = { forge = "c" }', "after.forge: c and c would wait for each other"],
    [
      "an artifact that isn't there yet",
      'after = { spark = "pr" }, stages = ["stamp"]',
      "stages: stamp.list takes node of forge.node, and neither c nor a channel before it runs forge",
    ],
    [
      "a publication of what isn't there yet",
      'after = { spark = "pr" }, stages = ["spark"], publish = ["node"]',
      "publish: node publishes node, which neither c nor a channel before it makes",
    ],
  ])("%s", (_, keys, expected) => {
    const channels = `[channels]\npr = { reviews = true, stages = ["spark"] }\nc = { branch = "main", ${keys} }\n`;
    const text = `source = "https://example.org/app.git"\n${channels}${stages}`;
    expect(mistakes(text).map((each) => each.replace(/^\d+:\d+:/, ""))).toEqual([`channels.c.${expected}`]);
  });
});

describe("an adapter", () => {
  const text = `adapter = "../adapters/app.toml"\n${least}[stages.build]\napp = { run = "own.sh" }\n`;
  const withAdapter = (adapter: string): ReturnType<typeof readDefinition> =>
    readDefinition("app", "releases/app/release.toml", text, {
      ...exampleFiles,
      open: (path) => (path === "releases/adapters/app.toml" ? { text: adapter } : { refused: "is missing" }),
    });

  test("has stages and jobs that come first, and a project's own job takes the place of one", () => {
    const { definition } = withAdapter(
      `[stages.check]\nunit = { run = "unit.sh" }\n[stages.build]\napp = { run = "app.sh" }\nlib = { run = "lib.sh" }\n`,
    );
    const jobs = [...definition!.stages].map(([stage, each]) => [
      stage,
      [...each.values()].map(({ script }) => script),
    ]);
    expect(jobs).toEqual([
      ["check", ["releases/adapters/unit.sh"]],
      ["build", ["releases/app/own.sh", "releases/adapters/lib.sh"]],
    ]);
  });

  test("is where its own mistakes are reported", () => {
    const { problems } = withAdapter(
      `[stages.check]\nunit = { run = "unit.sh", takes = "x" }\nlint = { runs = 1 }\n`,
    );
    expect(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      "releases/adapters/app.toml:3: stages.check.lint.run: is missing",
      "releases/adapters/app.toml:3: unknown key runs; did you mean run?",
    ]);
    const { problems: others } = withAdapter(`[stages.check]\nunit = { run = "unit.sh", takes = "x" }\n`);
    expect(others.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
      "releases/adapters/app.toml:2: stages.check.unit.takes: no job makes x",
    ]);
  });

  test("that isn't there is named", () => {
    expect(mistakes(text)).toEqual(["is missing"]);
  });

  test.each(["/etc/passwd", "../../x.toml", "../adapters/../../x.toml", "adapters/x.toml"])(
    "isn't %s",
    (path) => {
      expect(mistakes(`adapter = "${path}"\n${least}`)).toEqual(["1:1:adapter: is no ../FOLDER/NAME.toml"]);
    },
  );
});

describe("of a hostile file nothing is taken:", () => {
  test.each([
    ["/etc/passwd"],
    ["../secret"],
    ["a/../../b"],
    ["a/.."],
    ["./a"],
    ["a//b"],
    ["-rf"],
    ["a\\\\b"],
    ["a\\u0000b"],
    ["a\\nb"],
  ])("the path %s", (path) => {
    for (const key of [`makes = { x = "${path}" }`, `bench = "${path}"`, `fixture = "${path}"`]) {
      const found = mistakes(`${least}[stages.x]\nx = { run = "x.sh", ${key} }\n`);
      expect(found).toEqual([expect.stringContaining("has to stay in its folder")]);
    }
    const found = mistakes(`${least}[stages.x]\nx = { run = "${path}" }\n`);
    expect(found).toEqual([expect.stringContaining("has to stay in its folder")]);
  });

  test.each([
    "s3://bucket/../other/{ref}",
    "s3://bucket/{ref}/..",
    "./../{ref}",
    "./",
    "/srv/releases/{ref}",
    "ssh://me:secret@host/srv",
    "ssh://-oProxyCommand=x/srv",
    "ssh://me@-oProxyCommand/srv",
    "ssh://-l@host/srv",
    "ssh://host/srv",
    "file://relative",
    "https://example.org/{ref}",
  ])("the address %s", (at) => {
    const text = `${least}[stages.x]\nx = { run = "x.sh", makes = { x = "x" } }\n[publish]\nx = { to = "files", at = "${at}", of = "x" }\n`;
    expect(mistakes(text)).toEqual([expect.stringContaining("publish.x.at: is no address")]);
  });

  test("values of targets that would leave a folder", () => {
    const text = `${least}[targets]\na = { dir = "../..", sh = "$(id)", x = "{ref}" }\n`;
    expect(mistakes(text)).toHaveLength(3);
  });

  test("names that objects have of themselves are names like others, or none", () => {
    const text = `${least}[targets]\n__proto__ = { oci = "x" }\n[stages.constructor]\nx = { run = "x.sh", takes = "tostring" }\n[stages.x]\n__proto__ = { run = "x.sh" }\n`;
    expect(mistakes(text)).toEqual([
      "5:1:`__proto__` can't be a name",
      "7:21:stages.constructor.x.takes: no job makes tostring",
      "9:1:`__proto__` can't be a name",
    ]);
    expect(mistakes(`${least}__proto__ = { x = 1 }\n`)).toEqual(["4:1:`__proto__` can't be a name"]);
    expect(mistakes(`${least}[stages.x]\nx = { run = "x.sh", on = "{constructor}" }\n`)).toEqual([
      "5:21:stages.x.x.on: unknown field {constructor}",
    ]);
  });

  test("10,000 targets", () => {
    const targets = Array.from(
      { length: 10_000 },
      (_, index) => `t${index}-unknown-linux-musl = { oci = "x" }\n`,
    );
    expect(mistakes(`${least}[targets]\n${targets.join("")}`)).toEqual([
      `4:2:targets: has 10000 targets; at most ${limits.targets} are possible`,
    ]);
  });

  test("jobs and targets that multiply", () => {
    const targets = Array.from({ length: 200 }, (_, index) => `t${index} = {}\n`);
    const jobs = Array.from({ length: 50 }, (_, index) => `j${index} = { run = "x.sh", for = "*" }\n`);
    expect(mistakes(`${least}[targets]\n${targets.join("")}[stages.x]\n${jobs.join("")}`)).toEqual([
      "205:2:stages: come to 10000 jobs, one for each target; at most 2000 are possible",
    ]);
  });

  test("a huge file", () => {
    expect(mistakes(`${least}${"# x\n".repeat(200_000)}`)).toEqual([
      "has 782 KB, more than the 512 KB that it may have",
    ]);
  });

  test.each([
    ["lists", `x = ${"[".repeat(100_000)}`],
    ["inline tables", `x = ${"{a=".repeat(3_000)}1${"}".repeat(3_000)}`],
    ["tables", `[x${".a".repeat(1_000)}]`],
    ["keys", `x${".a".repeat(1_000)} = 1`],
  ])("deeply nested %s", (_, text) => {
    expect(mistakes(`${least}${text}\n`)).toEqual([
      expect.stringContaining("has tables or lists in each other, more than 16 deep"),
    ]);
  });

  test("thousands of mistakes are counted, not listed", () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `k${index} = 1\n`).join("");
    const found = mistakes(`${keys}${least}`);
    expect([found.length, found.at(-1)]).toEqual([201, "has 4800 problems more"]);
  });

  test("names that would write to a terminal are shown as text", () => {
    expect(mistakes(`"a\\u001b[2J" = 1\n${least}`)).toEqual([
      expect.stringContaining(String.raw`"a\u001b[2J"`),
    ]);
  });
});
