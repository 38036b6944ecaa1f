import { SluiceError, systemCode } from "../errors.ts";

/**
 * Says what the machine lacks where the system refused something in `folder`; any other error stays what it is.
 */
export function explainSystemError(error: unknown, folder: string): unknown {
  const problem = problems[systemCode(error) ?? ""];
  if (!problem || error instanceof SluiceError) return error;
  const path = error instanceof Error && "path" in error ? String(error.path) : folder;
  return new SluiceError(problem.code, `${path} ${problem.message}`, {
    hint: problem.hint,
    facts: { path },
    exitCode: problem.exitCode ?? 2,
    cause: error,
  });
}

/** Whether a retry is of no use before a person has fixed the machine or its set-up. */
export function needsPerson({ code }: SluiceError): boolean {
  return code.startsWith("queue-") || forPeople.has(code);
}

const diskFull = {
  code: "disk-full",
  message: "can't be written: the disk is full",
  hint: "Free some space there and run it again; nothing that is published was lost.",
  exitCode: 1,
} as const;

const forbidden = {
  code: "state-unwritable",
  message: "can't be read or written: this user may not",
  hint: "Give this user the folder, or name another one with --state.",
} as const;

const notFolder = {
  code: "state-unwritable",
  message: "can't be a folder: there is a file in the way",
  hint: "Move the file away, or name another folder with --state.",
} as const;

const problems: Readonly<Record<string, { code: string; message: string; hint: string; exitCode?: 1 | 2 }>> =
  {
    ENOSPC: diskFull,
    EDQUOT: diskFull,
    EACCES: forbidden,
    EPERM: forbidden,
    EROFS: {
      code: "state-unwritable",
      message: "can't be written: the file system is read-only",
      hint: "Name a folder on another one with --state.",
    },
    ENOTDIR: notFolder,
    EEXIST: notFolder,
    EIO: {
      code: "disk-failed",
      message: "can't be read or written: the disk failed",
      hint: "Check the disk and the system's log.",
      exitCode: 1,
    },
  };

const forPeople: ReadonlySet<string> = new Set([
  "disk-full",
  "disk-failed",
  "state-unwritable",
  "signing-key",
  "program-missing",
  "foreign-database",
  "snapshot-damaged",
  "repository-name",
  "lock-failed",
]);
