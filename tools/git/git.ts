import { SluiceError } from "../errors.ts";
import { runGit, type GitResult } from "./run-git.ts";
import { isRemoteCommand, runSimpleGit } from "./simple-git.ts";

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
  /** The same with an index of its own: what it adds and removes is nobody else's. */
  withIndex(file: string): Git;
  /** The same, reaching `ssh://` addresses with this shell command alone, whatever the user's settings say. */
  withSsh(command: string): Git;
  /** Runs a command whose failure is an answer, too. It is ended after `timeout` milliseconds, where that is given. */
  attempt(
    args: readonly string[],
    how?: { readonly timeout?: number; readonly input?: string },
  ): Promise<{ ok: boolean; code: number; stdout: string; stderr: string }>;
}

/** What no Git command needs, so none gets it: credentials come from the remote's own configuration. */
const secrets = [
  "ACCESS_TOKEN",
  "AUR_KEY",
  "DEPLOY_KEY",
  "REDIS_PASSWORD",
  "BUILDER_TOKEN",
  "TELEGRAM_BOT_TOKEN",
  "PACKAGE_REPOS_NOTIFIERS",
  "CI_JOB_TOKEN",
  "GITHUB_TOKEN",
  "RELEASE_TOKEN",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
];

/** What hooks set for the repository they belong to would lead away from `dir`. */
const elsewhere = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"];
const withheld = new Set([...secrets, ...elsewhere]);

/** `env`: the variables that git may see; secrets among them are left out. */
export function openGit(
  dir: string,
  env: Readonly<Record<string, string | undefined>>,
  index: { readonly GIT_INDEX_FILE?: string } = {},
): Git {
  const childEnv = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !withheld.has(name))),
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
    ...index,
  };

  async function run(
    args: readonly string[],
    input?: string | Uint8Array,
    limits?: { readonly timeout?: number },
  ): Promise<GitResult> {
    try {
      const command = { args: [...hardening, ...args], env: childEnv, input, ...limits };
      return await (isRemoteCommand(args) ? runSimpleGit(dir, command) : runGit(dir, command));
    } catch (error) {
      throw notStarted(dir, error);
    }
  }

  async function bytes(args: readonly string[], input?: string | Uint8Array): Promise<Buffer> {
    const result = await run(args, input);
    if (result.exitCode !== 0) throw gitFailed(args, result);
    return result.stdout;
  }

  return {
    dir,
    at: (other) => openGit(other, env),
    withIndex: (file) => openGit(dir, env, { GIT_INDEX_FILE: file }),
    withSsh: (command) => openGit(dir, { ...env, GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: "ssh" }),
    bytes,
    text: async (args, input) => (await bytes(args, input)).toString().replace(/\n$/, ""),
    attempt: async (args, { input, ...limits } = {}) => {
      const result = await run(args, input, limits);
      return {
        ok: result.exitCode === 0,
        code: result.exitCode,
        stdout: result.stdout.toString().replace(/\n$/, ""),
        stderr: redact(result.stderr.toString()).trim(),
      };
    },
  };
}

/** Credentials in URLs, as CI sets them into remotes, never reach a message. */
export function redact(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, "$1***@");
}

/** Hooks and file-system monitors of a work tree are programs; nothing here needs them. */
const hardening = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"];

function gitFailed(args: readonly string[], { exitCode, stderr }: GitResult): SluiceError {
  const said = redact(stderr.toString()).trim();
  const command = redact(`git ${args.slice(0, 3).join(" ")}`);
  return new SluiceError("git", `${command}: ${said || `exit code ${exitCode}`}`, {
    facts: { said, exitCode },
  });
}

function notStarted(dir: string, cause: unknown): SluiceError {
  return new SluiceError("git", `git can't be started in ${dir}`, {
    hint: "Install git, and check that the folder exists.",
    facts: { path: dir },
    cause,
  });
}
