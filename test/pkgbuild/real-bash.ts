import { spawnSync } from "node:child_process";

export const hasBash = spawnSync("bash", ["-c", ":"]).status === 0;

const bash = ["--norc", "--noprofile"];
const end = "\u001e\0";

/**
 * What each of these scripts prints in a subshell of its own, so that an error ends only that one. Only for
 * text that a test made up itself.
 */
export function printedByBash(scripts: readonly string[], prelude = ""): string[] {
  const { stdout } = spawnSync("bash", bash, {
    input: [prelude, ...scripts.map((script) => `( ${script} ) 2>/dev/null; printf '\\036\\0'`)].join("\n"),
    encoding: "utf8",
    env: { LC_ALL: "C.UTF-8" },
    maxBuffer: 1e8,
  });
  return stdout.split(end).slice(0, scripts.length);
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
