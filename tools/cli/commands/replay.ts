import { replay as replayHistory, type Replayed } from "../../ci/checks/replay.ts";
import { openGit } from "../../git/git.ts";
import { info, printable } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options {
  readonly root?: string;
  readonly author?: string;
  readonly branches?: string;
  readonly json?: boolean;
}

/** Judges historical updates: one line each, and at the end how many of each verdict and why. */
export async function replay(
  { root, author, branches, json = false }: Options,
  range?: string,
): Promise<number> {
  const git = openGit(findRoot(root), process.env);
  const verdicts = { minor: 0, major: 0, dangerous: 0 };
  const rules = new Map<string, number>();
  let ms = 0;
  for await (const update of replayHistory(git, { range, author, branches })) {
    verdicts[update.verdict]++;
    ms += update.ms;
    for (const rule of new Set(update.findings.map((finding) => `${finding.severity} ${finding.rule}`))) {
      rules.set(rule, (rules.get(rule) ?? 0) + 1);
    }
    process.stdout.write(json ? `${JSON.stringify(update)}\n` : line(update));
  }
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
