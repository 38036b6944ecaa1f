import { once } from "node:events";
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { repositoryHandler, serveRepositories, type Served } from "../tools/pkgrepo/serving/serve.ts";
import { makeLocalKey } from "../tools/pkgrepo/signing/signing-key.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import {
  publishingPrograms,
  removing,
  scratchRepository,
  type ScratchRepository,
} from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "pacman", "pacman-key");
const now = new Date("2026-06-01T12:00:00Z");

describe.skipIf(missing.length > 0)(`a pacman client (needs ${missing.join(", ") || "nothing more"})`, () => {
  let scratch: ScratchRepository;
  let served: Served;
  let client: PacmanClient;
  beforeEach(async () => {
    scratch = await scratchRepository();
    const { build, repository } = scratch;
    const builds = [
      build("app++", { pkgname: "app++", version: "1:2.0+r3-1", depends: ["libapp>=1"] }),
      build(
        "libs",
        { pkgname: "libapp", version: "1.5-1" },
        { pkgname: "@lib-doc", version: "1.5-1", arch: "any" },
      ),
    ];
    await publish(repository, builds, now);
    served = await serveRepositories(repository.root, { port: 0 });
    client = await pacmanClient("tiny", `${served.url}/$repo/$arch`);
    await client.trust(join(repository.root, "tiny/tiny.asc"));
  });
  afterEach(async () => {
    await client.close();
    await served.close();
    scratch.close();
  });

  const database = (): string => join(scratch.folder, "databases/current/tiny.db.tar.gz");

  test("installs a package with its dependency over HTTP, every signature required", async () => {
    expect(await client.pacman("-Sy", "app++", "@lib-doc")).toMatchObject({ ok: true });
    expect(await client.installed()).toEqual({ "app++": "1:2.0+r3-1", "@lib-doc": "1.5-1", libapp: "1.5-1" });
    expect(client.read("usr/share/app++/hello")).toBe("1:2.0+r3-1\n");
  });

  test("installs from the folder itself, without a server", async () => {
    const local = await pacmanClient("tiny", `file://${scratch.repository.root}/$repo/$arch`);
    await local.trust(join(scratch.repository.root, "tiny/tiny.asc"));
    const { ok } = await local.pacman("-Sy", "@lib-doc");
    await local.close();
    expect(ok).toBe(true);
  });

  test("finds which package has a file", async () => {
    expect((await client.pacman("-Fy", "usr/share/libapp/hello")).output).toContain("tiny/libapp 1.5-1");
  });

  test("upgrades to what was published within the same second, and loses sight of what was removed", async () => {
    await client.pacman("-Sy", "libapp", "@lib-doc");
    const { build, repository } = scratch;
    await publish(repository, [build("libs", { pkgname: "libapp", version: "1.6-1" })], now);
    await publish(repository, [], now, removing("app++"));
    expect((await client.pacman("-Syu")).ok).toBe(true);
    expect(await client.installed()).toEqual({ libapp: "1.6-1", "@lib-doc": "1.5-1" });
    for (const gone of ["app++", "@lib-doc"]) {
      expect((await client.pacman("-S", gone)).output).toContain(`target not found: ${gone}`);
    }
  });

  test("gets a database and its own signature even when the next one is published in between", async () => {
    const { build, repository } = scratch;
    const handle = repositoryHandler(repository.root);
    let published: Promise<unknown> | undefined;
    const server = createServer((request, response) => {
      // Between pacman's request for the database and the one for its signature.
      if (request.url?.endsWith(".sig")) {
        published ??= publish(repository, [build("libs", { pkgname: "libapp", version: "2-1" })], now);
      }
      void Promise.resolve(published).then(() => handle(request, response));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const late = await pacmanClient("tiny", `http://127.0.0.1:${port}/$repo/$arch`);
    await late.trust(join(repository.root, "tiny/tiny.asc"));
    const [before, after] = [await late.pacman("-Sy", "libapp"), await late.pacman("-Syu")];
    await late.close();
    server.close();
    expect(before.output).toContain("libapp-1.5-1");
    expect(after.output).toContain("libapp-2-1");
    expect([before.ok, after.ok]).toEqual([true, true]);
  });

  test("refuses a tampered database", async () => {
    const bytes = readFileSync(database());
    writeFileSync(database(), Buffer.concat([bytes, Buffer.alloc(16)]));
    const { ok, output } = await client.pacman("-Sy");
    expect(ok).toBe(false);
    expect(output).toContain("invalid or corrupted database (PGP signature)");
  });

  test("refuses a database without its signature", async () => {
    rmSync(`${database()}.sig`);
    expect(await client.pacman("-Sy")).toMatchObject({ ok: false });
  });

  test("refuses a tampered package", async () => {
    const file = join(scratch.folder, "@lib-doc-1.5-1-any.pkg.tar.zst");
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
    writeFileSync(file, bytes);
    expect(await client.pacman("-Sy", "@lib-doc")).toMatchObject({ ok: false });
    expect(await client.installed()).toEqual({});
  });

  test("refuses a package that is cut off", async () => {
    truncateSync(join(scratch.folder, "@lib-doc-1.5-1-any.pkg.tar.zst"), 1000);
    expect(await client.pacman("-Sy", "@lib-doc")).toMatchObject({ ok: false });
  });

  test("refuses a key that its owner didn't trust", async () => {
    const stranger = await pacmanClient("tiny", `${served.url}/$repo/$arch`);
    const { ok, output } = await stranger.pacman("-Sy");
    await stranger.close();
    expect(ok).toBe(false);
    expect(output).toMatch(/unknown|missing required signature|invalid or corrupted/);
  });

  test("refuses a database that another key signed", async () => {
    const other = await makeLocalKey(join(scratch.home, "other-keys"), "Other <other@example.org>");
    const root = join(scratch.home, "other");
    await publish({ ...scratch.repository, root, key: other }, [], now);
    for (const suffix of ["", ".sig"]) {
      copyFileSync(join(root, `tiny/x86_64/tiny.db${suffix}`), `${database()}${suffix}`);
    }
    expect(await client.pacman("-Sy")).toMatchObject({ ok: false });
  });
});
