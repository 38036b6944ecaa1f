import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../test/world/programs.ts";
import { withUnpacked } from "./unpacked.ts";

const missing = missingPrograms("bsdcat", "prlimit", "gzip");

async function notRead(): Promise<void> {
  throw new Error("it was read");
}

describe.skipIf(missing.length > 0)(`an unpacked package (needs ${missing.join() || "nothing more"})`, () => {
  const home = mkdtempSync(join(tmpdir(), "sluice-unpacked-"));
  afterAll(() => rmSync(home, { recursive: true }));
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * index) % 251));
  const packed = join(home, "whole.pkg.tar.gz");
  writeFileSync(packed, execFileSync("gzip", { input: content }));
  const damaged = join(home, "damaged.pkg.tar.gz");
  writeFileSync(damaged, execFileSync("gzip", { input: content }).subarray(0, 200));

  test("can be read anywhere, and has no name while it is", async () => {
    await withUnpacked(packed, async (tar) => {
      expect(tar.size).toBe(content.length);
      for (const [offset, length] of [
        [0, 0],
        [5, 10],
        [4090, 8],
        [4096, 4096],
        [100, 150_000],
        [199_999, 1],
        [7, 3],
      ] as const) {
        expect(tar.read(offset, length)).toEqual(new Uint8Array(content.subarray(offset, offset + length)));
      }
      expect(readdirSync(home).toSorted()).toEqual(["damaged.pkg.tar.gz", "whole.pkg.tar.gz"]);
    });
  });

  test.each([
    ["is damaged", damaged, undefined, "tar-damaged"],
    ["takes more room than there may be", packed, 100_000, "package-too-large"],
  ])("that %s isn't read", async (_, path, most, code) => {
    await expect(withUnpacked(path, notRead, most)).rejects.toMatchObject({ code });
    expect(readdirSync(home)).toHaveLength(2);
  });
});
