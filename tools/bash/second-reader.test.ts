import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recipes } from "../../test/gate/recipes.ts";
import { bubblewrap } from "../sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../sandbox/bubblewrap/probe.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { openSecondReader } from "./open-second-reader.ts";
import { prettyPrint } from "./pretty-print.ts";
import type { SecondReader } from "./second-reader.ts";
import { treeSitter } from "./tree-sitter.ts";

const hasSandbox = probeBubblewrap() === undefined && existsSync("/usr/bin/bash");

const readers: readonly (readonly [name: string, open: () => Promise<SecondReader>, skip: boolean])[] = [
  ["bash in the sandbox", async () => prettyPrint(bubblewrap(), "bash"), !hasSandbox],
  ["tree-sitter-bash", treeSitter, false],
];

/** `true` where it's read as we read it, `false` where it isn't; undefined where our grammar refuses it. */
async function agreement(
  open: () => Promise<SecondReader>,
  texts: readonly string[],
): Promise<(boolean | undefined)[]> {
  const readings = await (await open()).read(texts);
  return texts.map((text) => {
    const reading = readings.get(text);
    return reading && (reading.commands?.every(({ agrees }) => agrees) ?? false);
  });
}

/** Read by bash in another way than they look: it sees commands where they seem to be text. */
const misleading = [
  `url="https://a.example/x\${_n:+'"'}"; touch /tmp/x; : "'}" #}"\n`,
  `source=("https://a.example/ch$_x\\\narm/glow")\n`,
  `url="https://a.example/\${_n:-'}"\nprepare() { touch /tmp/x; }\n_y="'}"\n`,
];

describe.each(readers)("%s", (_, open, skip) => {
  test.skipIf(skip)("reads honest recipes as our grammar does", async () => {
    const texts = Object.values(recipes).map(({ PKGBUILD }) => PKGBUILD);
    expect(await agreement(open, texts)).toEqual(texts.map(() => true));
  });

  test.skipIf(skip)("reads every text, whatever is in the others", async () => {
    const texts = ["a=1\n", "b=${c:-'}\n", "d='}\n", "e=1\n", "f=$((\n", "g=1 # '\n", "h=1\\", "i=1\n", ""];
    const found = await agreement(open, texts);
    expect(texts.filter((__, at) => found[at] === true)).toEqual(
      expect.arrayContaining(["a=1\n", "e=1\n", "i=1\n", ""]),
    );
  });

  test.skipIf(skip)("reads a long text", async () => {
    const text = Array.from({ length: 20_000 }, (__, at) => `_v${at}='${at}'`).join("\n");
    expect(await agreement(open, [text, "a=1\n"])).toEqual([true, true]);
  });

  test.skipIf(skip)("tells what was assigned from what runs", async () => {
    const text = "a=1\nb=(2 3)\nc() { :; }\ntrue\nd=4 e\n";
    const commands = (await (await open()).read([text])).get(text)?.commands;
    expect(commands?.map(({ assigns }) => assigns)).toEqual([true, true, false, false, false]);
  });

  test.skipIf(skip)("has the same form for the same commands in another layout", async () => {
    const texts = ["a=(1 2) # x\nb() { c; }\n", "a=(1\n   2)\n\nb() {\n  c\n}\n", "a=(1 3)\nb() { c; }\n"];
    const readings = await (await open()).read(texts);
    const forms = texts.map((text) => readings.get(text)?.commands?.map(({ form }) => form));
    expect(forms[0]).toEqual(forms[1]);
    expect(forms[0]).not.toEqual(forms[2]);
  });
});

test.skipIf(!hasSandbox).each(misleading)("bash and our grammar don't agree on %j", async (text) => {
  const [agrees] = await agreement(async () => prettyPrint(bubblewrap(), "bash"), [text]);
  expect(agrees).not.toBe(true);
});

test("where bash takes too long over many texts, the one it stopped at is read alone", async () => {
  const texts = ["a=1\n", "b=2\n", "c=3\n"];
  const started: number[] = [];
  const sandbox: Sandbox = {
    ...bubblewrap(),
    async run({ mounts, onOutput }) {
      const input = readFileSync(join(mounts[0]!.source, "scripts"), "utf8").replaceAll(/^: {3}/gm, ": ");
      started.push(input.match(/=/g)!.length);
      const isLong = started.length === 1;
      await onOutput(Buffer.from(isLong ? input.slice(0, input.indexOf("b=")) : input), "stdout");
      const outcome = isLong ? ({ kind: "timed-out" } as const) : ({ kind: "exited", code: 0 } as const);
      return { outcome, durationMs: 1, collected: [], logTruncated: false, notes: [] };
    },
  };
  expect(await agreement(async () => prettyPrint(sandbox, "bash"), texts)).toEqual([true, true, true]);
  expect(started).toEqual([3, 1, 1]);
});

test("nothing to read starts nothing", async () => {
  expect((await openSecondReader().read([])).size).toBe(0);
});
