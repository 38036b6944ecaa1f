import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { publishedVersions } from "./published-versions.ts";

function database(name: string, version: string) {
  const url = `https://example.org/${name}.db`;
  return { kind: "unchanged", database: { url, newestBuild: 0, packages: [`foo:${version}`] } } as const;
}

test("the published version is that of the workspace's own database where it is known", () => {
  const versions = new Map([["foo", "7-1"]]);
  const sightings = [database("extra", "1-1"), database("tiny", "2-1")];
  expect(publishedVersions(sightings, "tiny", versions)("foo")).toBe("2-1");
  expect(publishedVersions(sightings, "elsewhere", versions)("foo")).toBe("1-1");
  expect(publishedVersions(sightings, "tiny", versions)("bar")).toBeUndefined();
  const error = new SluiceError("database-unavailable", "down");
  const down = {
    kind: "unavailable",
    url: "https://example.org/tiny.db",
    database: undefined,
    error,
  } as const;
  expect(publishedVersions([database("extra", "1-1"), down], "tiny", versions)("foo")).toBe("7-1");
});
