import { afterAll, beforeAll, expect, test } from "vitest";
import { parseSrcinfo } from "../tools/alpm/srcinfo.ts";
import { planLibraryRebuilds } from "../tools/ci/updates/library-rebuilds.ts";
import { openHttp } from "../tools/http/open-http.ts";
import { defaultRetryLimits } from "../tools/http/retry-limits.ts";
import {
  knownDatabaseSchema,
  readDistribution,
  type KnownDatabase,
} from "../tools/upstream/distribution/distribution.ts";
import { parseVersions, versionLines } from "../tools/upstream/distribution/versions.ts";
import { readPackageConfig } from "../tools/workspace/config/config.ts";
import { Mirror } from "./world/mirror.ts";

const mirror = new Mirror();
beforeAll(() => mirror.server.start());
afterAll(() => mirror.server.stop());

/** A workspace with one package that is rebuilt for icu, whose state lives as text between runs. */
function workspace(versionState: string) {
  let state = { versionState, databases: "[]", bump: "" };
  return {
    /** One run; returns why the package was bumped, to what, and which databases had trouble. */
    async run() {
      const http = openHttp(
        { parallel: 4, perHost: 4, delaySeconds: 0 },
        { ...defaultRetryLimits, attempts: 1, backoff: 1 },
      );
      const known: KnownDatabase[] = knownDatabaseSchema.array().parse(JSON.parse(state.databases));
      const urls = ["extra", "tiny"].map((name) => mirror.database(name));
      const sightings = await readDistribution(urls, known, http).finally(() => http.close());
      const config = `CI_REBUILD_TRIGGERS=icu\nCI_PACKAGE_BUMP=${state.bump}`;
      const pkg = {
        pkgbase: "app",
        srcinfo: parseSrcinfo("pkgbase = app\npkgver = 1.0\npkgrel = 1\npkgname = app"),
        config: readPackageConfig({ kind: "file", text: config }).config,
      };
      const rebuilds = planLibraryRebuilds({
        packages: [pkg],
        config: { BUILD_REPO: "tiny", CI_REBUILD_TRIGGERS: [], CI_REBUILD_BLACKLIST: [] },
        sightings,
        versions: parseVersions(state.versionState.split("\n")),
      });
      const [bump] = rebuilds.bumps;
      state = {
        versionState: `${versionLines(rebuilds.versions).join("\n")}\n`,
        databases: JSON.stringify(rebuilds.databases),
        bump: bump?.bump ?? state.bump,
      };
      const trouble = sightings.flatMap((sighting) => ("error" in sighting ? sighting.kind : []));
      return { bump: bump && `${bump.bump}, ${bump.reason}`, trouble };
    },
  };
}

function publish(hour: number, icu: string, app = "1.0-1"): void {
  const made = new Date(Date.UTC(2026, 6, 1, hour));
  mirror.publish("extra", [{ name: "icu", version: icu }], { made });
  mirror.publish("tiny", [{ name: "app", version: app }], { made, compression: "zstd" });
}

test("a library bump happens once, through takeover, stale mirrors, outages and rebuilds", async () => {
  const { run } = workspace("app:1.0-1\nicu:75.1-1\n");
  const nothing = { bump: undefined, trouble: [] };

  publish(1, "75.1-1");
  expect(await run(), "a takeover").toEqual(nothing);
  publish(2, "76.1-1");
  expect(await run()).toEqual({ bump: "1.0-1/1, library bump: icu 75.1-1 → 76.1-1", trouble: [] });
  expect(await run(), "at once").toEqual(nothing);

  mirror.server.faults = [{ kind: "stale", only: /extra/ }];
  expect(await run(), "a stale mirror").toEqual({ bump: undefined, trouble: ["stale"] });
  mirror.server.faults = [];
  expect(await run(), "which has caught up").toEqual(nothing);

  mirror.server.faults = [{ kind: "answers", status: 404 }];
  expect(await run(), "an outage").toEqual({ bump: undefined, trouble: ["unavailable", "unavailable"] });
  mirror.server.faults = [];
  expect(await run(), "which is over").toEqual(nothing);

  publish(3, "76.1-1", "1.0-1.1");
  expect(await run(), "its own rebuild is published").toEqual(nothing);
  publish(4, "77.1-1", "1.0-1.1");
  expect(await run()).toEqual({ bump: "1.0-1/2, library bump: icu 76.1-1 → 77.1-1", trouble: [] });
});

test("what changed while a mirror was down is found when it is back", async () => {
  publish(5, "78.1-1");
  const { run } = workspace("icu:78.1-1\n");
  await run();
  publish(6, "79.1-1");
  mirror.server.faults = [{ kind: "down" }];
  expect((await run()).trouble).toEqual(["unavailable", "unavailable"]);
  mirror.server.faults = [];
  expect((await run()).bump).toBe("1.0-1/1, library bump: icu 78.1-1 → 79.1-1");
});
