import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rotateKey, rotateWhenDue } from "../tools/manager/keys/rotation.ts";
import type { KeyPlaces } from "../tools/manager/keys/signing-keys.ts";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { serveRepositories, type Served } from "../tools/pkgrepo/serving/serve.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import {
  installable,
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "pacman", "pacman-key");
const now = new Date("2026-06-01T12:00:00Z");
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
const rotation = { afterDays: 30, keyring: true, keepDays: 7 };

describe.skipIf(missing.length > 0)(`another key (needs ${missing.join(", ") || "nothing more"})`, () => {
  let scratch: ScratchRepository;
  let served: Served;
  let places: KeyPlaces;
  const clients: PacmanClient[] = [];

  beforeEach(async () => {
    scratch = await scratchRepository();
    const { build, repository, home } = scratch;
    await publish(repository, [build("app", { pkgname: "app" }), build("old", { pkgname: "old" })], now);
    served = await serveRepositories(repository.root, { port: 0 });
    places = { setting: "", home: join(home, "keys"), gnupgHome: join(home, "operator"), repository };
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await served.close();
    scratch.close();
  });

  async function newClient(): Promise<PacmanClient> {
    const client = await pacmanClient("tiny", `${served.url}/$repo/$arch`);
    clients.push(client);
    return client;
  }
  const publicKeys = (): string => join(scratch.repository.root, "tiny/tiny.asc");

  test("clients that trust the old key install before and after it, and new clients need the new one alone", async () => {
    const { repository, build } = scratch;
    const [before, careless] = [await newClient(), await newClient()];
    for (const client of [before, careless]) await client.trust(publicKeys());
    expect(await before.pacman("-Sy", "app")).toMatchObject({ ok: true });

    const { next } = await rotateKey(places, rotation, now);
    expect(await before.pacman("-Sy", "tiny-keyring")).toMatchObject({ ok: true });
    await before.populate("tiny");
    expect(await careless.pacman("-Sy", "app")).toMatchObject({ ok: true });
    expect(await rotateWhenDue(repository, later(29))).toBeUndefined();
    await publish(repository, [build("more", { pkgname: "more" })], later(29));
    expect(await careless.pacman("-Sy", "more")).toMatchObject({ ok: true });

    expect(await rotateWhenDue(repository, later(30))).toMatchObject({
      signs: { fingerprint: next!.fingerprint },
    });
    await publish(repository, [build("app", { pkgname: "app", version: "2-1" })], later(31));
    expect(await installable(repository)).toMatchObject({ app: "2-1", more: "1-1", old: "1-1" });
    expect(await before.pacman("-Syu", "old")).toMatchObject({ ok: true });
    expect(await before.installed()).toMatchObject({ app: "2-1", old: "1-1" });
    expect(await careless.pacman("-Sy")).toMatchObject({ ok: false });

    const fresh = await newClient();
    await fresh.trust(publicKeys(), next!.fingerprint);
    expect(await fresh.pacman("-Sy", "app", "old", "more")).toMatchObject({ ok: true });
    await careless.trust(publicKeys(), next!.fingerprint);
    expect(await careless.pacman("-Syu")).toMatchObject({ ok: true });
  });
});
