import { execa } from "execa";
import { SluiceError, systemCode } from "../errors.ts";

/** A Git repository on this machine, driven through the `git` program. */
export interface Git {
  /** The folder the commands run in. */
  readonly dir: string;
  /** Runs a command and returns its standard output as bytes. Throws SluiceError `git` if it fails. */
  bytes(args: readonly string[], input?: string | Uint8Array): Promise<Buffer>;
  /** The same as text, without the line end at its end. */
  text(args: readonly string[], input?: string | Uint8Array): Promise<string>;
  /** The same program and environment in another folder. */
  at(dir: string): Git;
  /** Runs a command whose failure is an answer, too. */
  attempt(args: readonly string[]): Promise<{ ok: boolean; code: number; stdout: string; stderr: string }>;
}

/** What no Git command needs, so none gets it: credentials come from the remote's own configuration. */
const secrets = new Set([
  "ACCESS_TOKEN",
  "AUR_KEY",
  "DEPLOY_KEY",
  "REDIS_PASSWORD",
  "CI_JOB_TOKEN",
  "GITHUB_TOKEN",
]);

/** `env`: the variables that git may see; secrets among them are left out. */
export function openGit(dir: string, env: Readonly<Record<string, string | undefined>>): Git {
  const childEnv = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.has(name))),
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
  };

  async function run(args: readonly string[], input?: string | Uint8Array): Promise<GitResult> {
    const result = await execa("git", [...hardening, ...args], {
      cwd: dir,
      env: childEnv,
      extendEnv: false,
      encoding: "buffer",
      stripFinalNewline: false,
      maxBuffer: 1024 * 1024 * 1024,
      reject: false,
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    });
    if (systemCode(result.cause) === "ENOENT") throw notStarted(dir, result.cause);
    return result;
  }

  async function bytes(args: readonly string[], input?: string | Uint8Array): Promise<Buffer> {
    const result = await run(args, input);
    if (result.exitCode !== 0) throw gitFailed(args, result);
    return Buffer.from(result.stdout.buffer, result.stdout.byteOffset, result.stdout.byteLength);
  }

  return {
    dir,
    at: (other) => openGit(other, env),
    bytes,
    text: async (args, input) => (await bytes(args, input)).toString().replace(/\n$/, ""),
    attempt: async (args) => {
      const result = await run(args);
      return {
        ok: result.exitCode === 0,
        code: result.exitCode ?? -1,
        stdout: decode(result.stdout).replace(/\n$/, ""),
        stderr: redact(decode(result.stderr)).trim(),
      };
    },
  };
}

/** Credentials in URLs, as CI sets them into remotes, never reach a message. */
export function redact(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1***@");
}

interface GitResult {
  readonly exitCode?: number | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Hooks and file-system monitors of a work tree are programs; nothing here needs them. */
const hardening = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"];

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function gitFailed(args: readonly string[], { exitCode, stderr }: GitResult): SluiceError {
  const said = redact(decode(stderr)).trim();
  const command = redact(`git ${args.slice(0, 3).join(" ")}`);
  return new SluiceError("git", `${command}: ${said || `exit code ${exitCode}`}`, {
    facts: { said, exitCode: exitCode ?? -1 },
  });
}

function notStarted(dir: string, cause: unknown): SluiceError {
  return new SluiceError("git", `git can't be started in ${dir}`, {
    hint: "Install git, and check that the folder exists.",
    facts: { path: dir },
    cause,
  });
}
