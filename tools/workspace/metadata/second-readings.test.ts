import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRepository } from "../../../test/world/repository.ts";
import { isReadAlike } from "../../pkgbuild/second-reading/read-alike.ts";
import type { SecondReading } from "../../pkgbuild/second-reading/second-reading.ts";
import { KeptMetadata } from "./kept-metadata.ts";
import { settleReadings, type ReadAgain } from "./second-readings.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-readings-"));
  makeRepository(dir);
});
afterEach(() => rmSync(dir, { recursive: true }));

const id = (digit: string): string => digit.repeat(40);
const plain = "pkgname=foo\npkgver=1\n";
const open = 'pkgname=foo\npkgver=$(date)\n_x="${y}"\n';
const unread = "pkgname=foo\nf() {\n  if\n}\n";
const notUnderstood = "pkgname=foo\nif\n";

/** Reads all as we do, or all but the third line of each. */
function reader(asked: string[], agrees: boolean): ReadAgain {
  return (texts) => {
    const all = [...texts];
    asked.push(...all);
    return Promise.resolve(
      new Map(
        all
          .filter((text) => text !== unread && text !== notUnderstood)
          .map((text) => [text, readingOf(text, agrees)]),
      ),
    );
  };
}

function readingOf(text: string, agrees: boolean): SecondReading {
  const commands = text.split("\n").map((form, at) => ({
    line: at + 1,
    form,
    agrees: agrees || at !== 2,
    assigns: true,
  }));
  return { by: "test", commands };
}

const learnNothing = (): Promise<void> => Promise.resolve();

async function settle(text: string, agrees: boolean): Promise<{ asked: string[]; kept: KeptMetadata }> {
  const asked: string[] = [];
  const kept = KeptMetadata.of(dir);
  await settleReadings(kept, [{ id: id("a"), text, isCompared: true }], learnNothing, reader(asked, agrees));
  kept.save();
  return { asked, kept: KeptMetadata.of(dir) };
}

test("a text that is read otherwise says nothing, and why at which line", async () => {
  const { kept } = await settle(open, false);
  expect([...kept.differing]).toEqual([[id("a"), 3]]);
  expect(kept.get(id("a"))).toMatchObject({ pkgbase: "", whole: false, unknown: [{ line: 3 }] });
});

test("a text is read by another program once, and one of plain assignments never", async () => {
  expect((await settle(open, true)).asked).toEqual([open]);
  const { asked, kept } = await settle(open, false);
  expect([asked, [...kept.differing]]).toEqual([[], []]);
  const fresh = await settle(plain, false);
  expect(fresh.asked).toEqual([]);
});

test.each([
  ["doesn't read to its end isn't believed", unread, [[id("a"), 4]]],
  ["doesn't understand at all says nothing that could be read otherwise", notUnderstood, []],
])("a text that our grammar %s", async (_, text, differing) => {
  const { kept } = await settle(text, true);
  expect([...kept.differing]).toEqual(differing);
});

test("what another machine found isn't asked again, and what nobody compares isn't asked", async () => {
  const asked: string[] = [];
  const kept = KeptMetadata.of(dir);
  const texts = [
    { id: id("a"), text: open, isCompared: true },
    { id: id("b"), text: `${open}#\n`, isCompared: false },
  ];
  const learn = async (): Promise<void> => kept.learn(id("c"), new Map([[id("a"), 1]]));
  await settleReadings(kept, texts, learn, reader(asked, true));
  expect([asked, [...kept.differing.keys()], kept.isCompared(id("b"))]).toEqual([[], [id("a")], false]);
});

test.each([
  ["", true],
  [plain, true],
  ["# it is\nx='a b (c) ~>=1'\ny=(a 'b' \"c\"\n  d)\nz=()\n", true],
  ["x=1", false],
  ["x='\n", false],
  ["x=1; y\n", false],
  ["x=1 y\n", false],
  ["x=(a) y\n", false],
  ["x='a' 'b'\n", false],
  ["x+=(a)\n", false],
  ["x[0]=a\n", false],
  ["x=$y\n", false],
  ['x="$y"\n', false],
  ['x="`y`"\n', false],
  ["x=a\\\n", false],
  ["x='a\nb'\n", false],
  ["x=a*\n", false],
  ["x={a,b}\n", false],
  ["x=~\n", false],
  ["x=ä\n", false],
  ["x=a\r\n", false],
  ["x=a\0\n", false],
  ["x=(a\n#b\n)\n", false],
  ["f() {\n  :\n}\n", false],
  ["x\n", false],
  [`x=(${"a ".repeat(20_000)})\n`, false],
])("whether every reader takes %j for the same: %s", (text, expected) => {
  expect(isReadAlike(text)).toBe(expected);
});
