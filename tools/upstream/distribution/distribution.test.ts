import { afterAll, beforeAll, expect, test } from "vitest";
import { compressions, Mirror, type MirroredPackage } from "../../../test/world/mirror.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import { openHttp } from "../../http/open-http.ts";
import { defaultRetryLimits } from "../../http/retry-limits.ts";
import { knownDatabaseSchema, readDistribution, type DatabaseSighting } from "./distribution.ts";

const mirror = new Mirror();
beforeAll(() => mirror.server.start());
afterAll(() => mirror.server.stop());

const noon = new Date("2026-07-01T12:00:00Z");
const later = new Date("2026-07-01T13:00:00Z");
const icu = { name: "icu", version: "76.1-1" };

/** Looks once; what was remembered goes through JSON, as in the state branch. */
async function look(urls: readonly string[], before: readonly DatabaseSighting[] = []) {
  const known = before.flatMap(({ database }) =>
    database ? [knownDatabaseSchema.parse(JSON.parse(JSON.stringify(database)))] : [],
  );
  const retryLimits = { ...defaultRetryLimits, attempts: 2, backoff: 1 };
  const http = openHttp({ parallel: 4, perHost: 4, delaySeconds: 0 }, retryLimits);
  try {
    return await readDistribution(urls, known, http);
  } finally {
    await http.close();
  }
}

/** What is seen of one repository that was looked at before and after something happened. */
async function lookTwice(name: string, packages: readonly MirroredPackage[], happens: () => void) {
  mirror.publish(name, packages, { made: noon });
  const before = await look([mirror.database(name)]);
  happens();
  const [after] = await look([mirror.database(name)], before).finally(() => (mirror.server.faults = []));
  return { before: before[0]!, after: after! };
}

for (const compression of Object.keys(compressions) as (keyof typeof compressions)[]) {
  const programs = { none: [], gzip: [], zstd: ["bsdcat"] }[compression as string] ?? ["bsdcat", compression];
  const missing = missingPrograms(...programs);
  test.skipIf(missing.length > 0)(
    `versions are read from a database compressed with ${compression}`,
    async () => {
      mirror.publish(compression, [icu, { name: "perl", version: "1:5.40.0-1" }], {
        made: noon,
        compression,
      });
      const [sighting] = await look([mirror.database(compression)]);
      expect(sighting).toMatchObject({
        kind: "read",
        before: undefined,
        database: { newestBuild: noon.getTime() / 1000, packages: ["icu:76.1-1", "perl:1:5.40.0-1"] },
      });
    },
  );
}

test("a split package is one library, in the newest version that the database has of it", async () => {
  const packages = [
    { name: "boost-docs", base: "boost", version: "1.85.0-1" },
    { name: "boost", version: "1.86.0-1" },
    { name: "boost-libs", base: "boost", version: "1.86.0-1", provides: ["libboost_atomic.so=1.86.0-64"] },
  ];
  mirror.publish("split", packages, { made: noon });
  const [sighting] = await look([mirror.database("split")]);
  if (sighting?.kind !== "read") throw new Error(`it was ${sighting?.kind}`);
  expect(sighting.database.packages).toEqual(["boost:1.86.0-1"]);
  expect(sighting.names.get("boost")).toEqual({
    pkgnames: new Set(["boost-docs", "boost", "boost-libs"]),
    provides: new Set(["libboost_atomic.so"]),
  });
});

test("a database that hasn't changed is not sent again", async () => {
  const { before, after } = await lookTwice("same", [icu], () => {});
  expect(after).toEqual({ kind: "unchanged", database: before.database });
});

test("a newer database is read, and tells what was known before", async () => {
  const { before, after } = await lookTwice("newer", [icu], () =>
    mirror.publish("newer", [{ name: "icu", version: "77.1-1" }], { made: later }),
  );
  expect(after).toMatchObject({
    kind: "read",
    before: before.database,
    database: { packages: ["icu:77.1-1"], lastModified: later.toUTCString() },
  });
});

test("an older copy by its date is called stale, and what was known stays", async () => {
  const { before, after } = await lookTwice("older", [icu], () =>
    mirror.publish("older", [{ name: "icu", version: "75.1-1" }], { made: new Date("2026-06-30T12:00:00Z") }),
  );
  expect(after).toMatchObject({
    kind: "stale",
    database: before.database,
    error: { code: "database-stale" },
  });
});

test("an older copy with a new date is called stale by what is in it", async () => {
  const { before, after } = await lookTwice("copied", [icu], () =>
    mirror.publish("copied", [{ name: "icu", version: "75.1-1", built: new Date(0) }], { made: later }),
  );
  expect(after).toMatchObject({
    kind: "stale",
    database: before.database,
    error: { message: expect.stringContaining("icu went from 76.1-1 to 75.1-1") },
  });
});

test("a repository whose newest package was removed is not taken for an older copy", async () => {
  const old = { ...icu, built: new Date("2026-01-01") };
  const { after } = await lookTwice("removed", [old, { name: "new", version: "1-1" }], () =>
    mirror.publish("removed", [old], { made: later }),
  );
  expect(after).toMatchObject({ kind: "read", database: { packages: ["icu:76.1-1"] } });
});

test.each([
  ["down", { kind: "down" }],
  ["cut halfway", { kind: "cut" }],
  ["overloaded", { kind: "answers", status: 503 }],
  ["moved away", { kind: "answers", status: 404 }],
  ["a web page", { kind: "answers", status: 200, body: "<html>welcome</html>" }],
  ["a long web page", { kind: "answers", status: 200, body: "<html>welcome</html>".repeat(1000) }],
  ["empty", { kind: "answers", status: 200, body: "" }],
] as const)("a mirror that is %s takes nothing away from what was known", async (name, fault) => {
  const { before, after } = await lookTwice("trouble", [icu], () => {
    mirror.publish("trouble", [{ name: "icu", version: "77.1-1" }], { made: later });
    mirror.server.faults = [fault];
  });
  expect(before.kind, name).toBe("read");
  expect(after).toMatchObject({
    kind: "unavailable",
    database: before.database,
    error: { code: "database-unavailable", exitCode: 1 },
  });
});

test("a mirror that is down leaves the others readable", async () => {
  mirror.publish("core", [icu], { made: noon });
  mirror.server.faults = [{ kind: "answers", status: 404, only: /extra/ }];
  const kinds = await look([mirror.database("extra"), mirror.database("core")]);
  expect(kinds.map(({ kind }) => kind)).toEqual(["unavailable", "read"]);
});

test("neither the state nor a message holds the password of a mirror", async () => {
  mirror.publish("private", [icu], { made: noon });
  const url = mirror.database("private").replace("://", "://me:secret@");
  mirror.server.faults = [{ kind: "answers", status: 404, times: 1 }];
  const sightings = [...(await look([url])), ...(await look([url]))];
  expect(sightings.map(({ kind }) => kind)).toEqual(["unavailable", "read"]);
  expect(JSON.stringify(sightings)).not.toContain("secret");
});
