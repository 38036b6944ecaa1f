import { expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import type { Asking } from "../../upstream/nvchecker/asking.ts";
import { lookAtRebuilds } from "../../upstream/nvchecker/rebuild-on.ts";
import type { PackageState } from "../../workspace/state/package-state.ts";
import type { Package } from "../../workspace/workspace.ts";
import { parseSrcinfo } from "../../alpm/srcinfo.ts";
import { readPackageConfig } from "../../workspace/config/config.ts";
import { planTriggeredRebuilds, type TriggeredRebuilds } from "./triggered-rebuilds.ts";

const gone = new SluiceError("unavailable", "example.org doesn't answer");
const asking = { refs: () => Promise.reject(gone) } as unknown as Asking;

const git = '[lib]\nsource = "git"\ngit = "https://example.org/lib.git"\n';
const manual = (version: string): string => `[python]\nsource = "manual"\nmanual = "${version}"\n`;

async function planned(toml: string, before: readonly [string, string][]): Promise<TriggeredRebuilds> {
  const srcinfo = parseSrcinfo("pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = foo\n");
  const { config } = readPackageConfig({ kind: "absent" });
  const foo: Package = { pkgbase: "foo", srcinfo, config };
  const known = new Map([["foo", { rebuiltFor: new Map(before) } as unknown as PackageState]]);
  const sightings = await lookAtRebuilds([{ pkgbase: "foo", bytes: Buffer.from(toml) }], asking);
  return planTriggeredRebuilds(new Map([["foo", foo]]), sightings, known, () => undefined, new Map());
}

test("one trigger that can't be asked doesn't hold back the others, and is remembered as it was", async () => {
  const { bumps, failed, rebuiltFor } = await planned(`${git}${manual("3.14")}`, [
    ["lib", "1"],
    ["python", "3.13"],
  ]);
  expect(bumps).toMatchObject([{ pkgbase: "foo", reason: "rebuild on python 3.13 → 3.14" }]);
  expect(failed).toEqual([{ pkgbase: "foo", kind: "unavailable", error: gone }]);
  expect([...rebuiltFor.get("foo")!]).toEqual([
    ["lib", "1"],
    ["python", "3.14"],
  ]);
});

test("a file that isn't understood changes nothing of what is remembered", async () => {
  const { bumps, failed, rebuiltFor } = await planned("[lib\n", [["lib", "1"]]);
  expect([bumps, rebuiltFor.size]).toEqual([[], 0]);
  expect(failed).toMatchObject([{ pkgbase: "foo", kind: "problem" }]);
});
