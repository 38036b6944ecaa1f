import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { openSecondReader } from "../tools/bash/open-second-reader.ts";
import { treeSitter } from "../tools/bash/tree-sitter.ts";
import type { SecondReader } from "../tools/bash/second-reader.ts";
import { offlineContext } from "../tools/ci/checks/replay.ts";
import { readRecipe } from "../tools/cli/commands/classify.ts";
import { judge, type RecipeFiles, type Update } from "../tools/gate/judge.ts";
import { scriptsOf } from "../tools/gate/files/scripts.ts";
import { type BenchReport, median } from "./report.ts";

const folder = resolve("../shared/gate-cases");
const rounds = 9;

/** Verdicts per second with the second reading, and without it as before there was one, in turn. */
export async function benchGate(): Promise<BenchReport> {
  const name = "gate: verdicts on the updates of ../shared/gate-cases, one core, medians of 9 rounds in turn";
  if (!existsSync(folder)) return { name, figures: { "left out": "the updates are not beside this folder" } };
  const updates = readdirSync(folder).flatMap((pkgbase): Update[] => {
    const [before, after] = ["old", "new"].map((side) => join(folder, pkgbase, side)) as [string, string];
    if (!existsSync(before) || !existsSync(after)) return [];
    return [{ pkgbase, before: readRecipe(before), after: readRecipe(after) }];
  });
  const small = updates.filter(({ after }) =>
    [...after.values()].every(({ bytes }) => bytes.length < 100_000),
  );
  const readers = { none: undefined, bash: openSecondReader(), "tree-sitter": await treeSitter() };
  const seconds: Record<keyof typeof readers, number[]> = { none: [], bash: [], "tree-sitter": [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, reader] of Object.entries(readers)) {
      seconds[kind as keyof typeof readers].push(await timeOf(small.map(marked(`${kind} ${round}`)), reader));
    }
  }
  const perSecond = (kind: keyof typeof readers): number => small.length / median(seconds[kind]);
  const figure = (kind: keyof typeof readers): string =>
    `${Math.round(perSecond(kind))} per second, ${(perSecond("none") / perSecond(kind)).toFixed(2)} times as long`;
  return {
    name,
    figures: {
      "our own reading alone": `${Math.round(perSecond("none"))} per second`,
      "with bash's, in the sandbox, one process for all": figure("bash"),
      "with tree-sitter-bash's": figure("tree-sitter"),
    },
  };
}

/** With a comment at the end of both sides, so that no text was read in an earlier round. */
function marked(round: string): (update: Update) => Update {
  const mark = (files: RecipeFiles): RecipeFiles =>
    new Map(
      [...files].map(([path, file]) =>
        path === "PKGBUILD" && file.mode !== "120000"
          ? [path, { ...file, bytes: Buffer.concat([file.bytes, Buffer.from(`\n# ${round}\n`)]) }]
          : [path, file],
      ),
    );
  return (update) => ({ ...update, before: update.before && mark(update.before), after: mark(update.after) });
}

async function timeOf(updates: readonly Update[], reader: SecondReader | undefined): Promise<number> {
  const started = performance.now();
  const readings = (await reader?.read(updates.flatMap(scriptsOf))) ?? new Map();
  for (const update of updates) judge(update, { ...offlineContext, readings });
  return (performance.now() - started) / 1000;
}
