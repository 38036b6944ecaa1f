import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import {
  type ComparedReplays,
  type Earlier,
  keyOf,
  readEarlier,
  ReplayComparison,
} from "../../ci/checks/compare-replays.ts";
import { replay as replayHistory, type Replayed } from "../../ci/checks/replay.ts";
import { readTagFile } from "../../ci/checks/tag-file.ts";
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
  readonly tags?: string;
  readonly json?: boolean;
}

/** Judges historical updates: one line each, and at the end how many of each verdict and why. */
export async function replay(
  { root, author, branches, distribution: names, compare, tags, json = false }: Options,
  range?: string,
): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const verdicts = { minor: 0, major: 0, dangerous: 0 };
  const rules = new Map<string, number>();
  const distribution = names === undefined ? undefined : await readNames(names);
  const tagsOf = tags === undefined ? undefined : readTagFile(await readText(tags), tags);
  const comparison = compare === undefined ? undefined : new ReplayComparison(await readReplay(compare));
  let ms = 0;
  for await (const update of replayHistory(git, { range, author, branches, distribution, tagsOf })) {
    comparison?.add(update);
    verdicts[update.verdict]++;
    ms += update.ms;
    for (const rule of new Set(update.findings.map((finding) => `${finding.severity} ${finding.rule}`))) {
      rules.set(rule, (rules.get(rule) ?? 0) + 1);
    }
    if (!comparison) process.stdout.write(json ? `${JSON.stringify(update)}\n` : line(update));
  }
  const compared = comparison?.result();
  if (compared) process.stdout.write(json ? `${JSON.stringify(compared)}\n` : shown(compared));
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
function shown({ same, changes, onlyNow, onlyBefore }: ComparedReplays): string {
  const lines = Object.entries(same).map(([verdict, count]) => counted(0, count, `${verdict}, as before`));
  for (const { before, after, count, rules } of changes) {
    lines.push(counted(0, count, `${before} → ${after}`));
    for (const { rule, count, samples } of rules) {
      lines.push(counted(9, count, rule));
      for (const sample of samples)
        lines.push(`${" ".repeat(18)}${printable(sample).replaceAll("\n", " ").slice(0, 200)}`);
    }
  }
  if (onlyNow > 0) lines.push(counted(0, onlyNow, "that weren't judged before"));
  if (onlyBefore > 0) lines.push(counted(0, onlyBefore, "that were judged only before"));
  return lines.map((text) => `${text}\n`).join("");
}

function counted(indent: number, count: number, what: string): string {
  return `${" ".repeat(indent)}${String(count).padStart(7)}  ${printable(what)}`;
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
  return new Set((await readText(path)).split("\n").filter((name) => name !== ""));
}

/** @throws SluiceError `replay-file` */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
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
