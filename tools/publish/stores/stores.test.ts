import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { S3Server } from "../../../test/world/s3.ts";
import type { StoredFile } from "../publisher.ts";
import { FolderStore } from "./folder.ts";
import { S3Store } from "./s3.ts";
import { openStore } from "./stores.ts";
import type { Store } from "./store.ts";

const s3 = new S3Server();
const folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
beforeAll(() => s3.start("bucket"));
afterAll(async () => {
  await s3.stop();
  rmSync(folder, { recursive: true });
});

function fileOf(text: string): StoredFile {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const file = join(folder, sha256);
  writeFileSync(file, text);
  return { path: "x", file, sha256, bytes: text.length, isExecutable: false };
}

const stores: readonly (readonly [string, () => Store])[] = [
  ["a folder", () => new FolderStore(join(folder, "www"), undefined)],
  ["S3", () => new S3Store("bucket", s3.secrets, undefined)],
];

describe.each(stores)("in %s", (_, open) => {
  const file = fileOf("garage v1.2.0\n");
  const name = "_releases/v1.2.0/x86_64-unknown-linux-musl/gar age+";

  test("what was staged can be read back and isn't seen", async () => {
    const store = open();
    await store.stage(name, file);
    await store.stage(name, file);
    expect(await store.readStaged(name, file.sha256)).toBe(file.sha256);
    expect([await store.look(name), await store.list("_releases")]).toEqual([undefined, []]);
  });

  test("what was shown is seen by its content, and nothing else is left", async () => {
    const store = open();
    await store.show(name, file.sha256);
    expect([await store.look(name), await store.read(name)]).toEqual([file.sha256, file.sha256]);
    await store.dropStaged(name, file.sha256);
    await store.dropStaged(name, file.sha256);
    expect(await store.readStaged(name, file.sha256)).toBeUndefined();
    const listed = await store.list("");
    expect(listed.map((each) => [each.name, each.bytes])).toEqual([[name, file.bytes]]);
    await store.close?.();
  });

  test("a page is replaced, also the first time", async () => {
    const store = open();
    for (const text of ["one", "two"]) {
      await store.replace("_releases.json", Buffer.from(text), "application/json");
      expect(await store.read("_releases.json")).toBe(fileOf(text).sha256);
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
  expect(() => openStore("ssh://host/x", {}, undefined, new Map())).toThrow("nothing is published to ssh://");
});
