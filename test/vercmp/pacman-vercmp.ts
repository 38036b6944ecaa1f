import { spawnSync } from "node:child_process";

/** What pacman's own `vercmp` prints, or undefined where that program is missing. */
export function pacmanVercmp(a: string, b: string): string | undefined {
  const { stdout, error } = spawnSync("vercmp", [a, b], { encoding: "utf8" });
  if (error) return undefined;
  return stdout.trim();
}

/** As the first of two arguments these print the program's help. */
export function isVercmpOption(text: string): boolean {
  return text === "-h" || text === "--help";
}
