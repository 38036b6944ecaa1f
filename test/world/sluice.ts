import { execFile } from "node:child_process";
import { join } from "node:path";

const main = join(process.cwd(), "dist/cli/main.js");

/** Runs the built program as a person would, without any of the platforms' variables unless given. */
export function sluice(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME, ...rest } = process.env;
  const gitSettings = Object.fromEntries(Object.entries(rest).filter(([name]) => name.startsWith("GIT_")));
  const env = { PATH, HOME, NO_COLOR: "1", ...gitSettings, ...options.env };
  return new Promise((resolve) => {
    const program = execFile(
      process.execPath,
      [main, ...args],
      { cwd: options.cwd, env, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
        resolve({ code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
      },
    );
    program.stdin?.end();
  });
}
