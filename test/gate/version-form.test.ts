import { describe, expect, test } from "vitest";
import { differsInVersionsAlone, sameVersionForm } from "../../tools/gate/versions/version-form.ts";

describe("another version of the same form", () => {
  test.each([
    ["1.2.3", "1.3.0"],
    ["1.2", "1.2.1"],
    ["9", "10"],
    ["1.2.0-beta.1", "1.2.0-beta.2"],
    ["1.2rc1", "1.2"],
    ["1.2", "1.3b"],
    ["15.0", "15.0~rc1"],
    ["3.0.r12.gabcdef1", "3.0.r20.g1234abc"],
    ["r120.abc1234", "r121.9505352"],
    ["v1.2", "v1.3"],
    ["6.1.arch1", "6.2.arch2"],
    ["2.2.246_2r7872", "2.2.257_2r7890"],
    ["20260324T111500Z", "20260501T130623Z"],
    ["1.2", "1.2+20260801"],
  ])("%s, %s", (before, after) => expect(sameVersionForm(before, after)).toBe(true));
});

describe("what is no version, or not of that form", () => {
  test.each([
    ["fooview", "mallory"],
    ["1.2", "main"],
    ["1.2", "2.x"],
    ["1.2", "1.2-0-gdeadbee"],
    ["1.2", "deadbee1"],
    ["1.2", "1.2~500"],
    ["1.2", "1.2^"],
    ["1.2", "1..3"],
    ["1.2", "../3"],
    ["1.2", "1.2/3"],
    ["1.2", "1.2@3"],
    ["1.2", "1.2:3"],
    ["1.2", "1.2 3"],
    ["1.2", "1.2."],
    ["1.2", "-1.2"],
    ["1.2", ""],
    ["1.2-foo", "1.3-bar"],
    ["1.2", "1.2.evil"],
    ["r120.abc1234", "rust.1"],
    ["v1.2", "w1.2"],
    ["python3.11", "perl3.11"],
    ["1.2", "r5.gabc1234"],
    ["1.2", `1.${"2".repeat(200)}`],
  ])("%j, %j", (before, after) => expect(sameVersionForm(before, after)).toBe(false));
});

test.each([
  ["foo-1.2.tar.gz", "foo-1.3.tar.gz", true],
  ["https://a.example/1.2/foo-1.2.zip", "https://a.example/1.3/foo-1.3.zip", true],
  ["https://a.example/font/3.01/novel.zip", "https://a.example/font//novel.zip", false],
  ["foo-1.2.tar.gz", "bar-1.3.tar.gz", false],
  ["foo-1.2.tar.gz", "foo-1.3.zip", false],
  ["node-lts>=1.4", "node>=1.5", false],
  ["same", "same", true],
  ["a 1.2 b 1.2", "a 1.3 b", false],
])("%s, %s differ in versions alone: %s", (before, after, alone) => {
  expect(differsInVersionsAlone(before, after)).toBe(alone);
});
