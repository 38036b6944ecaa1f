import { execFile } from "node:child_process";
import { SluiceError, systemCode } from "../errors.ts";

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

/**
 * Runs a program without a shell and with nothing in its environment but PATH, HOME, a UTF-8 locale and
 * what is handed in; returns what it wrote to stdout.
 *
 * @throws SluiceError `program-missing`, or `program-failed` with what it wrote to stderr.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "/",
    LC_ALL: "C.UTF-8",
    ...options.env,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { cwd: options.cwd, env, encoding: "buffer", maxBuffer: Number.POSITIVE_INFINITY },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (systemCode(error) === "ENOENT") reject(missing(program));
        else reject(failed(program, error.code ?? error.signal ?? "", stderr.toString()));
      },
    );
    // A program that ends early closes its stdin: its exit status tells more than the broken pipe.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
  });
}

export function missing(program: string): SluiceError {
  return new SluiceError("program-missing", `The program ${program} isn't installed.`, {
    facts: { program },
    hint: "Run `npm run setup`: it installs what is missing, or names the packages to install.",
  });
}

function failed(program: string, status: string | number, stderr: string): SluiceError {
  const said = stderr.trim().split("\n").slice(-8).join("\n");
  return new SluiceError("program-failed", `${program} failed (${status}): ${said || "it said nothing"}`, {
    facts: { program },
    exitCode: 1,
  });
}
