import type * as simpleGitModule from "simple-git";
import type { GitCommand, GitResult } from "./run-git.ts";

/** Commands that talk to another repository. */
const remoteCommands: ReadonlySet<string> = new Set(["clone", "fetch", "ls-remote", "push"]);

/** Whether a command talks to another repository. */
export function isRemoteCommand(args: readonly string[]): boolean {
  let at = 0;
  while (args[at]?.startsWith("-")) at += args[at] === "-c" ? 2 : 1;
  return remoteCommands.has(args[at] ?? "");
}

/**
 * Runs a command with simple-git and returns its result, also where it failed. An instance queues all but six
 * commands, so each command has its own instance: the caller limits how many run at a time (`p-limit`).
 *
 * Rejects where git can't be started at all.
 */
export async function runSimpleGit(
  dir: string,
  { args, env, input, timeout }: GitCommand,
): Promise<GitResult> {
  const { simpleGit } = await load();
  let result: Parameters<NonNullable<simpleGitModule.SimpleGitOptions["errors"]>>[1] | undefined;
  const git = simpleGit({
    baseDir: dir,
    // simple-git's guard is for arguments and variables of strangers. These are Sluice's own and the operator's:
    // core.hooksPath=/dev/null, GIT_SSH_COMMAND.
    unsafe: allowed,
    allowEnvironment: Object.keys(env),
    completion: { onClose: true, onExit: false },
    input: () => Buffer.from(input ?? ""),
    ...(timeout !== undefined && { timeout: { block: timeout, stdOut: false, stdErr: false } }),
    // Called for every command, also for a successful one. The caller judges the exit code.
    errors: (_error, given) => {
      result = given;
      return undefined;
    },
  });
  git.env({ ...env });
  git.outputHandler(endsWithoutDelay);
  await git.raw([...args]);
  if (result === undefined || result.exitCode < 0) throw new Error(String(result?.stdErr ?? "not started"));
  const { exitCode, stdOut, stdErr } = result;
  // Null after a signal, in spite of its type.
  return { exitCode: exitCode ?? -1, stdout: Buffer.concat(stdOut), stderr: Buffer.concat(stdErr) };
}

/** Loaded when needed, since that takes 25 ms. With `DEBUG=*` it would log arguments and environment, with secrets. */
let loading: Promise<typeof simpleGitModule> | undefined;
function load(): Promise<typeof simpleGitModule> {
  if (loading) return loading;
  const { DEBUG } = process.env;
  delete process.env.DEBUG;
  loading = import("simple-git").finally(() => {
    if (DEBUG !== undefined) process.env.DEBUG = DEBUG;
  });
  return loading;
}

/** simple-git waits another 50 ms for the output of a command without any; an empty chunk counts as output. */
function endsWithoutDelay(_command: string, stdout: NodeJS.ReadableStream): void {
  stdout.once("end", () => stdout.emit("data", Buffer.alloc(0)));
}

const allowed = {
  allowAbbreviatedOptions: true,
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeCommandBinaries: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeExec: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
};
