import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Landing } from "./landing.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-landing-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const gibibyte = 2 ** 30;
const announced = (name: string, size: number) => ({
  name: `${name}.pkg.tar.zst`,
  size,
  sha256: "0".repeat(64),
});

test("packages wait until there is room for all that was announced, and a gibibyte more", async () => {
  let free = 3 * gibibyte;
  const landing = new Landing(folder, async () => free);
  await landing.prepare(1, "first", [announced("a", gibibyte)]);
  const second = (): Promise<unknown> => landing.prepare(2, "second", [announced("b", 1.5 * gibibyte)]);
  await expect(second()).rejects.toMatchObject({
    code: "landing-full",
    hint: expect.stringContaining(folder),
  });
  await landing.clear(landing.folderOf(1, "first"));
  expect(await second()).toEqual({ "b.pkg.tar.zst": 0 });
  free = 0;
  await expect(second()).rejects.toMatchObject({ code: "landing-full" });
});

test("a second sender of one file takes over from a connection that hangs", async () => {
  const landing = new Landing(folder);
  const file = announced("a", 10);
  await landing.prepare(1, "token", [file]);
  const place = landing.folderOf(1, "token");
  const hanging = new Readable({ read: () => undefined });
  hanging.push("12345");
  const first = landing.receive(place, file, 0, hanging);
  const failed = first.catch((error: Error) => error.name);
  while ((await landing.prepare(1, "token", [file]))[file.name] !== 5) await new Promise(setImmediate);
  expect(await landing.receive(place, file, 5, Readable.from([Buffer.from("67890")]))).toBe(10);
  expect(await failed).toBe("AbortError");
  expect(await landing.isComplete(place, [file])).toBe(true);
});

test("what arrived for builds that nobody holds is deleted", async () => {
  const landing = new Landing(folder);
  await landing.prepare(1, "kept", [announced("a", 1)]);
  await landing.prepare(2, "gone", [announced("a", 1)]);
  await landing.clearAllBut(new Set([1]));
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^1-/)]);
});
