import { describe, expect, test } from "vitest";
import { readExample, readText, type Example } from "../../../test/world/release-examples.ts";
import { classify } from "./classify.ts";
import type { ReleaseRef } from "./ref.ts";

const commit = "0123456789".repeat(4);
const ref = (kind: ReleaseRef["kind"], name: string): ReleaseRef => ({ kind, name, commit });

describe.each<[Example, readonly (readonly [ReleaseRef["kind"], string, string | undefined])[]]>([
  [
    "garage",
    [
      ["tag", "v1.2.0", "stable"],
      ["tag", "handcrafted-1.0", "extra"],
      ["tag", "v1.2.0-rc1", "extra"],
      ["tag", "xv1.2.0", "extra"],
      ["branch", "main", "development"],
      ["branch", "main-old", undefined],
      ["branch", "v1.2.0", undefined],
    ],
  ],
  [
    "veilid",
    [
      ["tag", "v0.4.1", "stable"],
      ["tag", "xv0.4.1", undefined],
      ["tag", "v0.4.1-rc1", undefined],
      ["tag", "v0.4.1\nv0.4.2", undefined],
      ["tag", "main", undefined],
      ["branch", "main", "nightly"],
    ],
  ],
  [
    "minne",
    [
      ["tag", "v1.1.0", "stable"],
      ["tag", "1.1.0", "stable"],
      ["tag", "v1.1.0-rc1", "rc"],
      ["tag", "v1.1.0-alpha.2", "rc"],
      ["tag", "v1.1.0-beta", "rc"],
      ["tag", "v1.1.0beta", undefined],
    ],
  ],
  [
    "2140-node",
    [
      ["review", "17", "pr"],
      ["branch", "staging", "staging"],
      ["branch", "release/29.x", "candidate"],
      ["branch", "release/", undefined],
      ["tag", "v29.1", "stable"],
      ["tag", "v29.1rc1", undefined],
    ],
  ],
])("of %s", (project, cases) => {
  test.each(cases)("the %s %j is %s", (kind, name, channel) => {
    const classified = classify(readExample(project), ref(kind, name));
    expect(classified.kind === "channel" ? classified.channel.name : undefined).toBe(channel);
  });
});

test("a person reads why a tag is no release", () => {
  expect(classify(readExample("veilid"), ref("tag", "xv0.4.1"))).toEqual({
    kind: "none",
    reason: String.raw`no channel of veilid takes the tag xv0.4.1: stable takes v[0-9]+\.[0-9]+\.[0-9]+`,
  });
});

test.each([
  "v1;reboot",
  "$(id)",
  "`id`",
  "v1|x",
  "a b",
  "v1'",
  "-rf",
  "../v1",
  "a//b",
  "a/.b",
  "é1",
  "x".repeat(300),
  `v2${"+".repeat(150)}a`,
])("the tag %j is released by no channel, whatever pattern it has", (name) => {
  expect(classify(readExample("garage"), ref("tag", name))).toMatchObject({ kind: "none" });
});

test("several projects of a repository have their own tags by prefix", () => {
  const text = `source = "https://example.org/all.git"\nprefix = "cli/"\n[channels]\nstable = { tag = 'v[0-9.]+' }\n`;
  const project = readText("cli", text);
  expect(classify(project, ref("tag", "cli/v1.0"))).toMatchObject({ kind: "channel" });
  expect(classify(project, ref("tag", "v1.0"))).toEqual({
    kind: "none",
    reason: "the tag v1.0 doesn't begin with cli/, as those of cli do",
  });
  expect(classify(project, ref("tag", "lib/v1.0"))).toMatchObject({ kind: "none" });
});

test("two tags on one commit are two refs", () => {
  const garage = readExample("garage");
  const channels = ["v1.2.0", "handcrafted-1.0"].map((name) => {
    const classified = classify(garage, ref("tag", name));
    return classified.kind === "channel" && classified.channel.name;
  });
  expect(channels).toEqual(["stable", "extra"]);
});

test("a trigger asks only for the channels that wait for it", () => {
  const garage = readExample("garage");
  expect(classify(garage, ref("branch", "main"), "weekly")).toMatchObject({ kind: "channel" });
  expect(classify(garage, ref("branch", "main"), "nightly")).toMatchObject({ kind: "none" });
});

test("a pattern that would take exponential time elsewhere takes none", () => {
  const text = `source = "https://example.org/x.git"\n[channels]\nslow = { tag = '(a+)+' }\n`;
  expect(classify(readText("x", text), ref("tag", `${"a".repeat(150)}b`))).toMatchObject({ kind: "none" });
});
