import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge, type Verdict } from "../../tools/gate/judge.ts";
import { readRecipe } from "../../tools/cli/commands/classify.ts";
import { context } from "./recipes.ts";

// Attacks and harmless updates that others wrote, beside this repository where the machine has them.

const folder = join(import.meta.dirname, "../../../shared/gate-cases");
const cases = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "expected.txt")))
  : [];
const severity: Readonly<Record<Verdict, number>> = { minor: 0, major: 1, dangerous: 2 };

/** Harmless ones that the rules hold nevertheless, with the rule that does. */
const held = new Map([
  ["h007-epoch", "epoch-changed"],
  ["h029-backticks", "not-plain"],
]);

/** Harmless ones that were expected to be held, and pass since what can do no harm does. */
const inert = new Set(["h047-license-spdx", "h049-url-https"]);

test.skipIf(cases.length === 0).each(cases.length === 0 ? ["no cases here"] : cases)("%s", (name) => {
  const expected = readFileSync(join(folder, name, "expected.txt"), "utf8").trim() as Verdict;
  const [before, after] = ["old", "new"].map((side) => {
    const path = join(folder, name, side);
    return existsSync(path) ? readRecipe(path) : new Map();
  }) as [ReturnType<typeof readRecipe>, ReturnType<typeof readRecipe>];
  const pkgbase =
    /^pkgbase = (.*)$/m.exec(Buffer.from(after.get(".SRCINFO")?.bytes ?? []).toString())?.[1] ?? name;
  const { verdict, findings } = judge(
    { pkgbase, before, after },
    { ...context, maintainersBefore: undefined, maintainersAfter: undefined },
  );
  const rules = findings.map(({ rule }) => rule);
  const heldBy = held.get(name);
  const isMild = inert.has(name) || (name.startsWith("h") && expected === "minor" && heldBy === undefined);
  const isRight = isMild ? verdict === "minor" : severity[verdict] >= severity[expected];
  expect(isRight && (heldBy === undefined || rules.includes(heldBy)), `${verdict}: ${rules.join(" ")}`).toBe(
    true,
  );
});
