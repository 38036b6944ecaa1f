import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { S3Server } from "../../../test/world/s3.ts";
import { SftpServer } from "../../../test/world/sftp-server.ts";
import { missingForSsh } from "../../../test/world/ssh-gateway.ts";
import type { StoredFile } from "../publisher.ts";
import { S3Store } from "./s3.ts";
import { openStore } from "./stores.ts";
import type { Store } from "./store.ts";

const missing = missingForSsh();
const s3 = new S3Server();
const sftp = new SftpServer();
const folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
beforeAll(async () => {
  await s3.start("bucket");
  if (missing.length === 0) await sftp.start();
});
afterAll(async () => {
  await sftp.stop();
  await s3.stop();
  rmSync(folder, { recursive: true });
});

function fileOf(text: string): StoredFile {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const file = join(folder, sha256);
  writeFileSync(file, text);
  return { path: "x", file, sha256, bytes: text.length, isExecutable: false };
}

const stores: readonly (readonly [string, () => string, readonly string[]])[] = [
  ["in a folder", () => `file://${folder}/www`, []],
  ["in S3", () => "s3://bucket", []],
  [`on a machine behind SSH (needs ${missing.join(", ") || "nothing more"})`, () => sftp.address, missing],
];

function openAt(address: string): { store: Store; name: string } {
  return openStore(address, { ...s3.secrets, ...sftp.secrets }, undefined, new Map());
}

describe.each(stores)("%s", (_, base, lacking) => {
  const open = (path = ""): ReturnType<typeof openAt> => openAt(`${base()}${path}`);
  const file = fileOf("garage v1.2.0\n");
  const path = "/_releases/v1.2.0/x86_64-unknown-linux-musl/gar age+*";

  test.skipIf(lacking.length > 0)("what was staged can be read back and isn't seen", async () => {
    const { store, name } = open(path);
    await store.stage(name, file);
    await store.stage(name, file);
    expect(await store.readStaged(name, file.sha256)).toBe(file.sha256);
    expect([await store.look(name), await store.list(open().name)]).toEqual([undefined, []]);
    await store.close?.();
  });

  test.skipIf(lacking.length > 0)(
    "what was shown is seen by its content, and nothing else is left",
    async () => {
      const { store, name } = open(path);
      await store.show(name, file.sha256);
      expect([await store.look(name), await store.read(name)]).toEqual([file.sha256, file.sha256]);
      await store.dropStaged(name, file.sha256);
      await store.dropStaged(name, file.sha256);
      expect(await store.readStaged(name, file.sha256)).toBeUndefined();
      const listed = await store.list(open().name);
      expect(listed.map((each) => [each.name, each.bytes])).toEqual([[name, file.bytes]]);
      await store.close?.();
    },
  );

  test.skipIf(lacking.length > 0)(
    "what is taken away is seen no more, also where it is gone already",
    async () => {
      const { store, name } = open(path);
      await store.remove(name);
      await store.remove(name);
      expect([await store.look(name), await store.list(open().name)]).toEqual([undefined, []]);
      await store.close?.();
    },
  );

  test.skipIf(lacking.length > 0)("a page is replaced, also the first time", async () => {
    const { store, name } = open("/_releases.json");
    for (const text of ["one", "two"]) {
      await store.replace(name, Buffer.from(text), "application/json");
      expect(await store.read(name)).toBe(fileOf(text).sha256);
    }
    await store.close?.();
  });
});

test("a bucket that isn't there, or a wrong secret, is said with what to check", async () => {
  const store = new S3Store("none", s3.secrets, undefined);
  await expect(store.replace("x", Buffer.from("x"), "text/plain")).rejects.toThrow(
    expect.objectContaining({ code: "store-failed", hint: expect.stringContaining("AWS_ENDPOINT_URL") }),
  );
});

test("an address names a store and a path in it", () => {
  expect(openStore("file:///srv/www/x", {}, undefined, new Map()).name).toBe("srv/www/x");
  expect(openStore("s3://bucket/a/b", {}, undefined, new Map()).name).toBe("a/b");
  expect(() => openStore("ssh://host/x", {}, undefined, new Map())).toThrow("takes a user, a key and");
  expect(() => openStore("ftp://host/x", {}, undefined, new Map())).toThrow("nothing is published to ftp://");
});
