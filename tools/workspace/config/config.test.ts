import { describe, expect, test } from "vitest";
import { readPackageConfig, readRepositoryConfig } from "./config.ts";
import { packageKeys, repositoryKeys } from "./keys.ts";

const file = (text: string) => ({ kind: "file", text }) as const;
const messages = (text: string): string[] =>
  readRepositoryConfig(file(text)).problems.map(({ line, message }) => `${line}: ${message}`);

describe("what is said and what is not", () => {
  test("without a file, and for an empty value, every key has its default", () => {
    expect(readRepositoryConfig({ kind: "absent" }).config.BUILD_REPO).toBe("sluice");
    expect(readRepositoryConfig(file("BUILD_REPO=\nCI_MAX_PARALLEL=")).config.CI_MAX_PARALLEL).toBe(8);
    expect(readPackageConfig({ kind: "absent" }).config.BUILDER_NETWORK).toBeUndefined();
  });

  test("each kind of value is read as what it is", () => {
    const { config, problems } = readRepositoryConfig(
      file(
        [
          "BUILD_REPO=chaotic-aur",
          "CI_HUMAN_REVIEW=false",
          "CI_COOLDOWN=1.5",
          'CI_LIB_DB="https://a.org/core.db  https://b.org/extra.db"',
          "CI_REBUILD_TRIGGERS=icu:boost",
          "CI_PACKAGES_DIR=./",
          "CI_SCHEDULE_TO=runners",
        ].join("\n"),
      ),
    );
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      BUILD_REPO: "chaotic-aur",
      CI_HUMAN_REVIEW: false,
      CI_COOLDOWN: 1.5,
      CI_LIB_DB: ["https://a.org/core.db", "https://b.org/extra.db"],
      CI_REBUILD_TRIGGERS: ["icu", "boost"],
      CI_PACKAGES_DIR: ".",
      CI_SCHEDULE_TO: "runners",
    });
  });

  test("a file that can't be read is a problem, and every key has its default", () => {
    const { config, problems } = readRepositoryConfig({ kind: "refused", reason: "is a symbolic link" });
    expect(config.CI_MAX_PARALLEL).toBe(8);
    expect(problems).toEqual([{ kind: "config-unreadable", message: "is a symbolic link" }]);
  });
});

describe("problems name the line, and the value in force is then the default", () => {
  test.each([
    ["CI_FORCE_VSC=true", "1: unknown key CI_FORCE_VSC"],
    ["BUILDREPO=x", "1: unknown key BUILDREPO; did you mean BUILD_REPO?"],
    ["build_repo=x", "1: unknown key build_repo"],
    ["TOTALLY_ELSE=x", "1: unknown key TOTALLY_ELSE"],
    ["__proto__=x", "1: unknown key __proto__"],
    ["constructor=x", "1: unknown key constructor"],
    ["A B", "1: expected KEY=value, found `A B`"],
    ["\nREDIS_PORT=0", "2: REDIS_PORT: `0` is not a whole number from 1 to 65535"],
    ["REDIS_PORT=65536", "1: REDIS_PORT: `65536` is not a whole number from 1 to 65535"],
    ["REDIS_PORT=0x10", "1: REDIS_PORT: `0x10` is not a whole number from 1 to 65535"],
    ["BUILDER_TIMEOUT=-1", "1: BUILDER_TIMEOUT: `-1` is not a whole number from 1 to 604800"],
    ["BUILDER_NETWORK=yes", "1: BUILDER_NETWORK: `yes` is not true or false"],
    ["BUILDER_PGP=Check", "1: BUILDER_PGP: `Check` is not check, skip"],
    ["BUILD_REPO=--target", "1: BUILD_REPO: `--target` is not a name of letters, digits and @._+-"],
    ["BUILD_REPO=a b", "1: BUILD_REPO: `a b` is not a name of letters, digits and @._+-"],
    ["CI_PACKAGES_DIR=../x", "1: CI_PACKAGES_DIR: `../x` is not a folder of the repository, or `.`"],
    ["CI_PACKAGES_DIR=/etc", "1: CI_PACKAGES_DIR: `/etc` is not a folder of the repository, or `.`"],
    ["TEMPLATE_REPO=--upload-pack=x", "1: TEMPLATE_REPO: `--upload-pack=x` is not a URL"],
    ["TEMPLATE_REPO=ext::sh -c x", "1: TEMPLATE_REPO: `ext::sh -c x` is not a URL"],
    [
      "CI_REBUILD_TRIGGERS=a:$(x)",
      "1: CI_REBUILD_TRIGGERS: `a:$(x)` is not package names, separated by colons",
    ],
    ["REDIS_PORT=1\nREDIS_PORT=6379", "2: REDIS_PORT is given twice"],
  ])("%j", (text, message) => {
    expect(messages(text)).toEqual([message]);
    expect(readRepositoryConfig(file(text)).config).toEqual(readRepositoryConfig({ kind: "absent" }).config);
  });

  test("of a key that is given twice the last value counts", () => {
    expect(readRepositoryConfig(file("CI_MAX_PARALLEL=1\nCI_MAX_PARALLEL=2")).config.CI_MAX_PARALLEL).toBe(2);
  });

  test("all problems of a file are named, in the order of their lines", () => {
    expect(messages("x\nREDIS_PORT=x\nNONSENSE=1\nREDIS_PORT=y\ny").map((text) => text[0])).toEqual([
      "1",
      "2",
      "3",
      "4",
      "4",
      "5",
    ]);
  });
});

describe("a package's own settings", () => {
  test.each([
    ["CI_PKGBUILD_SOURCE", "aur"],
    ["CI_PKGBUILD_SOURCE", "gitlab:54867625"],
    ["CI_PKGBUILD_SOURCE", "https://gitlab.com/x/y.git#branch=main"],
    ["CI_PACKAGE_BUMP", "1"],
    ["CI_PACKAGE_BUMP", "1:1.2.3-1/2"],
    ["BUILDER_CLASS", "heavy"],
    ["CI_ON_TRIGGER", "daily"],
    ["CI_PKGBUILD_CHANGE_ALLOW_REGEX", "^_commit=.*$;x"],
  ])("%s=%s is valid and kept as written", (key, value) => {
    const { config, problems } = readPackageConfig(file(`${key}=${value}`));
    expect(problems).toEqual([]);
    expect(config[key as keyof typeof config]).toBe(value);
  });

  test.each([
    "CI_PKGBUILD_SOURCE=-x",
    "CI_PACKAGE_BUMP=1/x",
    "BUILDER_CLASS=a/b",
    "BUILDER_EXTRA_TIMEOUT=0",
    "CI_ON_TRIGGER=a b",
    "BUILD_REPO=x",
  ])("%s is a problem", (text) => {
    expect(readPackageConfig(file(text)).problems).toHaveLength(1);
  });
});

test.each([...Object.entries(repositoryKeys), ...Object.entries(packageKeys)])(
  "%s says what it is about and what a value looks like, each in a line, with an example that is a value",
  (_, { about, expects, example, parse, default: fallback }) => {
    expect(about).toMatch(/^[A-Z`].+\.$/);
    expect(expects).toMatch(/^\S.*\S$/);
    expect(parse(example)).toBeDefined();
    expect(parse(example)).not.toEqual(fallback);
  },
);
