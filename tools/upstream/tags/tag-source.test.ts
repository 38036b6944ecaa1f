import { expect, test } from "vitest";
import { parseTagSource } from "./tag-source.ts";

test.each([
  ["github", "github:acme/foo.bar", "acme/foo.bar", { preReleases: false }],
  ["github", "github:acme/foo#pre-releases", "acme/foo", { preReleases: true }],
  ["github", "github:acme/foo#filter=^v1\\.", "acme/foo", { preReleases: false, filter: "^v1\\." }],
  ["github", "github:acme/foo#pre-releases&filter=a&b", "acme/foo", { preReleases: true, filter: "a&b" }],
  ["gitlab", "gitlab:4711", "4711", { preReleases: false }],
  ["gitlab", "gitlab:group/sub/project", "group/sub/project", { preReleases: false }],
] as const)("%s: %s is %s", (kind, source, project, rules) => {
  expect(parseTagSource(kind, source)).toEqual({ project, rules });
});

test.each([
  ["github", "github:acme"],
  ["github", "github:acme/.."],
  ["github", "github:acme/foo/bar"],
  ["github", "github:acme/foo?x=y"],
  ["github", "github:user@host/foo"],
  ["github", "github:acme/foo#branch=main"],
  ["github", "github:acme/foo#filter="],
  ["github", "gitlab:4711"],
  ["gitlab", "gitlab:"],
  ["gitlab", "gitlab:0"],
  ["gitlab", "gitlab:../../admin"],
  ["gitlab", "gitlab:a/../b"],
  ["gitlab", "gitlab:a b/c"],
] as const)("%s: %s is refused, with the way to write it", (kind, source) => {
  expect(() => parseTagSource(kind, source)).toThrow(
    expect.objectContaining({ code: "tag-source", hint: expect.stringContaining(`Write ${kind}:`) }),
  );
});
