import { execa } from "execa";
import { join } from "node:path";

const main = join(process.cwd(), "dist/cli/main.js");

/** Runs the built program as a person would, without any of the platforms' variables unless given. */
export async function sluice(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME, ...rest } = process.env;
  const gitSettings = Object.fromEntries(Object.entries(rest).filter(([name]) => name.startsWith("GIT_")));
  const result = await execa(process.execPath, [main, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { PATH, HOME, NO_COLOR: "1", ...gitSettings, ...options.env },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}
