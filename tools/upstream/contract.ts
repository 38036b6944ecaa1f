import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Fault } from "../../test/world/faulty-server.ts";
import { hurry, impatient } from "../../test/world/hurry.ts";
import { openGit } from "../git/git.ts";
import type { HttpOptions } from "../http/http.ts";
import { openHttp } from "../http/open-http.ts";
import type { RetryLimits } from "../http/retry-limits.ts";
import type { Followed, Seen, Sighting, Upstream, UpstreamPorts } from "./upstream.ts";

/** A simulated upstream of one kind, and what asks it. */
export interface UpstreamWorld {
  /** Offers a package's recipe in this version, of a file PKGBUILD with this text at least; what it had is gone. */
  offer(pkgbase: string, version: string, pkgbuild: string): void | Promise<void>;
  /** CI_PKGBUILD_SOURCE. */
  source(pkgbase: string): string;
  /** What main has, where an upstream offers no more than a version for it. */
  own?(pkgbase: string): Pick<Followed, "srcinfo" | "recipe">;
  /** What is wrong with the server; undefined: nothing any more. `pkgbase`: only for what is that package's alone. */
  trouble(fault: Fault | undefined, pkgbase?: string): void;
  /** How many requests reached it. */
  requests(): number;
  open(ports: UpstreamPorts): Upstream;
  readonly standIns?: NonNullable<HttpOptions["standIns"]>;
  stop(): Promise<void>;
}

/** What every kind of upstream must do. `create` makes a world without packages. */
export function upstreamContract(create: () => Promise<UpstreamWorld>): void {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  /** `look`: one run of its own, which knows nothing of those before. */
  async function start(): Promise<{ world: UpstreamWorld; look: Look; marker: string }> {
    const world = await create();
    const folder = mkdtempSync(join(tmpdir(), "sluice-upstream-"));
    cleanUps.push(
      () => world.stop(),
      () => rmSync(folder, { recursive: true }),
    );
    const look: Look = async (packages, retryLimits = hurry) => {
      const dir = mkdtempSync(join(folder, "scratch-"));
      execFileSync("git", ["init", "--quiet", "--bare", dir]);
      const { standIns = {} } = world;
      const http = openHttp({ parallel: 8, perHost: 8, delaySeconds: 0, standIns }, retryLimits);
      const found = await world
        .open({
          http,
          scratch: openGit(dir, process.env),
          githubToken: undefined,
          gitlabToken: undefined,
          aurProxy: "",
          aurGit: "",
          libraryDatabases: [],
          now: () => new Date(),
        })
        .look(Object.entries(packages).map(([pkgbase, seen]) => followed(world, pkgbase, seen)))
        .finally(() => http.close());
      return Object.fromEntries(found);
    };
    return { world, look, marker: join(folder, "executed") };
  }

  test("every package is answered exactly once, with what upstream offers", async () => {
    const { world, look } = await start();
    for (const pkgbase of ["foo", "foo+bar", "a.b_c@d-git"])
      await world.offer(pkgbase, "1", `# ${pkgbase}\n`);
    const found = await look({ foo: {}, "foo+bar": {}, "a.b_c@d-git": {} });
    expect(Object.keys(found).sort()).toEqual(["a.b_c@d-git", "foo", "foo+bar"]);
    for (const [pkgbase, sighting] of Object.entries(found)) {
      expect(pkgbuildOf(sighting)).toContain(`# ${pkgbase}\n`);
      expect(seenOf(sighting)).not.toEqual({});
    }
  });

  test("no packages cost nothing", async () => {
    const { world, look } = await start();
    expect(await look({})).toEqual({});
    expect(world.requests()).toBe(0);
  });

  test("what was seen is unchanged, what came since is a recipe", async () => {
    const { world, look } = await start();
    await world.offer("foo", "1", "pkgver=1\n");
    await world.offer("bar", "1", "pkgver=1\n");
    const first = await look({ foo: {}, bar: {} });
    const seen = { foo: seenOf(first["foo"]), bar: seenOf(first["bar"]) };
    expect(kinds(await look(seen))).toEqual({ foo: "unchanged", bar: "unchanged" });
    await world.offer("foo", "2", "pkgver=2\n");
    const second = await look(seen);
    expect(kinds(second)).toEqual({ foo: "recipe", bar: "unchanged" });
    expect(pkgbuildOf(second["foo"])).toContain("pkgver=2\n");
    expect(kinds(await look({ foo: seenOf(second["foo"]), bar: seenOf(second["bar"]) }))).toEqual({
      foo: "unchanged",
      bar: "unchanged",
    });
  });

  test("what isn't remembered is seen again", async () => {
    const { world, look } = await start();
    await world.offer("foo", "1", "pkgver=1\n");
    expect(seenOf((await look({ foo: {} }))["foo"])).toEqual(seenOf((await look({ foo: {} }))["foo"]));
  });

  test("a package that upstream hasn't spoils no other", async () => {
    const { world, look } = await start();
    await world.offer("foo", "1", "pkgver=1\n");
    const found = await look({ gone: {}, foo: {} });
    expect(kinds(found)["foo"]).toBe("recipe");
    expect(["problem", "unavailable"]).toContain(kinds(found)["gone"]);
    expect(errorOf(found["gone"])).toMatchObject({ name: "SluiceError", exitCode: 1 });
  });

  test.each<Fault>([
    { kind: "down" },
    { kind: "cut" },
    { kind: "silent" },
    { kind: "answers", status: 429 },
    { kind: "answers", status: 429, headers: { "retry-after": "3600" } },
    { kind: "answers", status: 403, headers: { "retry-after": "3600" } },
    { kind: "answers", status: 503 },
  ])("an upstream in trouble (%o) is unavailable, and the next run looks again", async (fault) => {
    const { world, look } = await start();
    await world.offer("foo", "1", "pkgver=1\n");
    await world.offer("bar", "1", "pkgver=1\n");
    const seen = seenOf((await look({ bar: {} }))["bar"]);
    world.trouble(fault);
    const found = await look({ foo: {}, bar: seen }, fault.kind === "silent" ? impatient : hurry);
    expect(kinds(found)).toEqual({ foo: "unavailable", bar: "unavailable" });
    expect(errorOf(found["foo"])).toMatchObject({ code: "unavailable", exitCode: 1 });
    world.trouble(undefined);
    expect(kinds(await look({ foo: {}, bar: seen }))).toEqual({ foo: "recipe", bar: "unchanged" });
  });

  test("trouble with one package's own addresses spoils no other", async () => {
    const { world, look } = await start();
    await world.offer("foo", "1", "pkgver=1\n");
    await world.offer("bar", "1", "pkgver=1\n");
    world.trouble({ kind: "answers", status: 503 }, "foo");
    expect(kinds(await look({ foo: {}, bar: {} }))).toEqual({ foo: "unavailable", bar: "recipe" });
  });

  test("nothing of a recipe is executed", async () => {
    const { world, look, marker } = await start();
    const hostile = `pkgver=$(touch ${marker})\n$(touch ${marker})\npkgver() { touch ${marker}; }\npkgver\n`;
    await world.offer("foo", "1", hostile);
    await look({ foo: {} });
    expect(existsSync(marker)).toBe(false);
  });
}

/** What was seen of each package → its sighting. */
type Look = (
  packages: Readonly<Record<string, Seen>>,
  retryLimits?: RetryLimits,
) => Promise<Readonly<Record<string, Sighting>>>;

function followed(world: UpstreamWorld, pkgbase: string, seen: Seen): Followed {
  return {
    pkgbase,
    source: world.source(pkgbase),
    srcinfo: undefined,
    recipe: () => Promise.resolve(new Map()),
    ...world.own?.(pkgbase),
    seen,
  };
}

function kinds(sightings: Readonly<Record<string, Sighting>>): Record<string, Sighting["kind"]> {
  return Object.fromEntries(Object.entries(sightings).map(([pkgbase, { kind }]) => [pkgbase, kind]));
}

function pkgbuildOf(sighting: Sighting | undefined): string {
  if (sighting?.kind !== "recipe") throw new Error(`${sighting?.kind} isn't a recipe`);
  return Buffer.from(sighting.recipe.files.get("PKGBUILD")!.bytes).toString();
}

function seenOf(sighting: Sighting | undefined): Seen {
  if (sighting && "seen" in sighting) return sighting.seen;
  throw new Error(`nothing was seen: ${String(errorOf(sighting))}`);
}

function errorOf(sighting: Sighting | undefined): unknown {
  return sighting && "error" in sighting ? sighting.error : undefined;
}
