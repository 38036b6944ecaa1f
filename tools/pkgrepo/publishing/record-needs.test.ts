import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import {
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "../../../test/world/scratch-repository.ts";
import { needsText, publishedNeeds, snapshotNumber } from "../snapshot.ts";
import { publish } from "./publish.ts";
import { recordNeeds } from "./record-needs.ts";

const missing = missingPrograms(...publishingPrograms);
const now = (): Date => new Date("2026-06-01T12:00:00Z");

describe.skipIf(missing.length > 0)(
  `what was published before (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    beforeAll(async () => {
      scratch = await scratchRepository();
      const builds = ["a", "b", "c"].map((name) => scratch.build(name, { pkgname: name, depends: ["foo"] }));
      await publish(scratch.repository, builds, now());
    });
    afterAll(() => scratch?.close());

    const needsFile = (): string => join(scratch.folder, "databases/current/needs.json");

    test("is read a file at a time, once", async () => {
      const before = readFileSync(needsFile(), "utf8");
      rmSync(needsFile());
      const said: string[] = [];
      const progress = (read: number, all: number): unknown => said.push(`${read} of ${all}`);
      expect(await recordNeeds(scratch.repository, { now, progress })).toBe(3);
      expect(said).toEqual(["1 of 3", "2 of 3", "3 of 3"]);
      expect(readFileSync(needsFile(), "utf8")).toBe(before);
      const number = await snapshotNumber(scratch.repository);
      expect(await recordNeeds(scratch.repository, { now })).toBe(0);
      expect(await snapshotNumber(scratch.repository)).toBe(number);
    });

    test("is read anew where what was recorded is damaged", async () => {
      const before = readFileSync(needsFile(), "utf8");
      writeFileSync(needsFile(), before.slice(0, 100));
      const text = await needsText(scratch.repository);
      await expect(text!.records()).rejects.toMatchObject({ code: "needs-unreadable" });
      expect(await recordNeeds(scratch.repository, { now })).toBe(3);
      expect(readFileSync(needsFile(), "utf8")).toBe(before);
    });

    test("keeps what is on record, and says of what can't be read why", async () => {
      const kept = JSON.parse(readFileSync(needsFile(), "utf8")) as { packages: Record<string, object> };

      delete kept.packages["b-1-1-x86_64.pkg.tar.zst"];
      writeFileSync(needsFile(), JSON.stringify(kept));
      writeFileSync(join(scratch.folder, "b-1-1-x86_64.pkg.tar.zst"), "damaged");
      expect(await recordNeeds(scratch.repository, { now })).toBe(1);
      const records = await publishedNeeds(scratch.repository);
      expect(records.get("a-1-1-x86_64.pkg.tar.zst")).not.toHaveProperty("unread");
      expect(records.get("b-1-1-x86_64.pkg.tar.zst")).toMatchObject({ pkgname: "b", depends: ["foo"] });
      expect(records.get("b-1-1-x86_64.pkg.tar.zst")?.unread).toBeTruthy();
    });
  },
);
