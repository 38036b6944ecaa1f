import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Earlier, keyOf, readEarlier, ReplayComparison } from "../../ci/checks/compare-replays.ts";
import { replay as replayHistory, type Replayed } from "../../ci/checks/replay.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { info, printable } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options {
  readonly root?: string;
  readonly author?: string;
  readonly branches?: string;
  readonly distribution?: string;
  readonly compare?: string;
  readonly json?: boolean;
}

/** Judges historical updates: one line each, and at the end how many of each verdict and why. */
export async function replay(
  { root, author, branches, distribution: names, compare, json = false }: Options,
  range?: string,
): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const verdicts = { minor: 0, major: 0, dangerous: 0 };
  const rules = new Map<string, number>();
  const distribution = names === undefined ? undefined : await readNames(names);
  const earlier = compare === undefined ? undefined : await readReplay(compare);
  const comparison = new ReplayComparison();
  let ms = 0;
  for await (const update of replayHistory(git, { range, author, branches, distribution })) {
    const before = earlier?.get(keyOf(update));
    if (before) comparison.add(before, update);
    verdicts[update.verdict]++;
    ms += update.ms;
    for (const rule of new Set(update.findings.map((finding) => `${finding.severity} ${finding.rule}`))) {
      rules.set(rule, (rules.get(rule) ?? 0) + 1);
    }
    if (json) process.stdout.write(`${JSON.stringify(update)}\n`);
    else if (!earlier) process.stdout.write(line(update));
  }
  if (earlier) showComparison(comparison);
  const total = verdicts.minor + verdicts.major + verdicts.dangerous;
  info(
    `${total} updates: ${verdicts.minor} minor, ${verdicts.major} major, ${verdicts.dangerous} dangerous.`,
  );
  if (total > 0) info(`${Math.round((total / ms) * 1000)} judged per second.`);
  for (const [rule, count] of [...rules].sort((a, b) => b[1] - a[1]))
    info(`${String(count).padStart(7)}  ${rule}`);
  return 0;
}

function line({ commit, pkgbase, verdict, findings }: Replayed): string {
  const why = findings.filter(({ severity }) => severity !== "info").map(({ message }) => message);
  return (
    printable(
      `${commit.slice(0, 10)} ${verdict.padEnd(9)} ${pkgbase}${why.length > 0 ? `: ${why.join("; ")}` : ""}`,
    ).replaceAll("\n", " ") + "\n"
  );
}

/** By verdict and rule, with samples. */
function showComparison({ verdicts, reasons }: ReplayComparison): void {
  for (const [change, count] of mostFirst(verdicts, (count) => count)) {
    info(`${String(count).padStart(7)}  ${change}`);
    for (const [reason, { count, samples }] of mostFirst(reasons.get(change) ?? [], ({ count }) => count)) {
      info(`${" ".repeat(9)}${String(count).padStart(7)}  ${printable(reason)}`);
      for (const sample of samples)
        info(`${" ".repeat(18)}${printable(sample).replaceAll("\n", " ").slice(0, 200)}`);
    }
  }
}

function mostFirst<Value>(
  entries: Iterable<readonly [string, Value]>,
  count: (value: Value) => number,
): (readonly [string, Value])[] {
  return [...entries].toSorted((a, b) => count(b[1]) - count(a[1]));
}

/** @throws SluiceError `replay-file` */
async function readReplay(path: string): Promise<Map<string, Earlier>> {
  const earlier = new Map<string, Earlier>();
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      number += 1;
      if (text === "") continue;
      const read = readEarlier(text, path, number);
      earlier.set(keyOf(read), read);
    }
  } catch (error) {
    throw explained(error, path);
  }
  return earlier;
}

/** One name a line. @throws SluiceError `replay-file` */
async function readNames(path: string): Promise<ReadonlySet<string>> {
  try {
    return new Set((await readFile(path, "utf8")).split("\n").filter((name) => name !== ""));
  } catch (error) {
    throw explained(error, path);
  }
}

function explained(error: unknown, path: string): unknown {
  if (error instanceof SluiceError) return error;
  return new SluiceError("replay-file", `${path} can't be read (${systemCode(error) ?? "unknown error"})`, {
    hint: "Check the path.",
    facts: { path },
    exitCode: 2,
    cause: error,
  });
}
