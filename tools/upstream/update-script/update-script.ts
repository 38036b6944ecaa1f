import { chmodSync, rmSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { changedPaths, leavesFolder } from "../../gate/files/file-rules.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { privateFolder } from "../../sandbox/jobs/private-folder.ts";
import { probeBubblewrap } from "../../sandbox/bubblewrap/probe.ts";
import type { Isolation, Job, Sandbox } from "../../sandbox/sandbox.ts";
import { logTail } from "./log-tail.ts";
import { packRecipe, unpackRecipe } from "./recipe-tar.ts";

/** A package with a `.CI/update.sh`. */
export interface UpdateScript {
  readonly pkgbase: string;
  /** The recipe as it is now, without `.CI`. */
  readonly recipe: RecipeFiles;
  /** All files of `.CI`, by their path in it; `update.sh` is one of them. */
  readonly ci: RecipeFiles;
  readonly signal?: AbortSignal | undefined;
}

export interface UpdatedRecipe {
  /** The recipe as the script left it, without `.CI`: to be judged as any other update. */
  readonly files: RecipeFiles;
  readonly changed: boolean;
  /** The end of what it said; no program understands it. */
  readonly log: string;
}

/**
 * Runs a package's `.CI/update.sh` on a copy of its recipe, with network and without anything secret, for ten
 * minutes at most.
 *
 * As in chaotic-aur's pipelines it is sourced by bash in the package folder, with `set -uo pipefail` and PACKAGE set
 * to the pkgbase, and sees its `.CI`. Otherwise than there it sees no other package, no Git history, no functions and
 * settings of the pipelines; a program that isn't installed fails it; and it changes its recipe or nothing.
 *
 * @throws SluiceError, all of them for this package alone: `update-script-sandbox` where the machine has no sandbox,
 *   `update-script-failed` (fact `log`), `update-script-timeout`, `update-script-program` (fact `program`),
 *   `update-script-refused` for what it left, `update-script-cancelled`.
 */
export async function runUpdateScript(script: UpdateScript, sandbox: Sandbox): Promise<UpdatedRecipe> {
  requireIsolation(script, sandbox);
  const folder = privateFolder();
  try {
    // The sandbox's user reads what lies in it.
    chmodSync(folder, 0o755);
    const given = new Map([...script.recipe, ...within(".CI/", script.ci)]);
    await writeFile(join(folder, "given.tar"), await packRecipe(given));
    const log = await run(script, folder, sandbox);
    const files = await takeBack(script, folder);
    return { files, changed: changedPaths(script.recipe, files).length > 0, log };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const needed: readonly Isolation[] = ["reads", "writes", "processes", "privileges", "output"];

function requireIsolation({ pkgbase }: UpdateScript, sandbox: Sandbox): void {
  if (needed.every((each) => sandbox.isolates.has(each))) return;
  const why = probeBubblewrap();
  throw new SluiceError(
    "update-script-sandbox",
    `${pkgbase}: .CI/update.sh runs in a sandbox only${why ? `. ${why.message}` : ", not on the host"}`,
    { ...about(pkgbase), hint: why?.hint ?? "Run this with the sandbox bubblewrap." },
  );
}

async function run(script: UpdateScript, folder: string, sandbox: Sandbox): Promise<string> {
  const { pkgbase, signal } = script;
  const log = logTail();
  const { outcome } = await sandbox.run({
    ...jobFor(pkgbase, folder),
    onOutput: (chunk) => log.write(chunk),
    ...(signal && { signal }),
  });
  if (outcome.kind === "cancelled") throw trouble(pkgbase, "cancelled", "was cancelled", log.text());
  if (outcome.kind === "timed-out") {
    throw trouble(pkgbase, "timeout", `took longer than ${timeLimit} seconds`, log.text());
  }
  const program = await missingProgram(folder);
  if (program !== undefined) throw needsProgram(pkgbase, program, log.text());
  if (outcome.kind === "exited" && outcome.code === 0) return log.text();
  const why = {
    exited: () => (outcome.kind === "exited" ? `exit code ${outcome.code}` : ""),
    "out-of-memory": () => "it ran out of memory",
    "output-refused": () => "it left more than may be taken",
    lost: () => "something from outside ended it",
  }[outcome.kind]();
  throw trouble(pkgbase, "failed", `failed: ${why}`, log.text());
}

const timeLimit = 600;

function jobFor(pkgbase: string, folder: string): Omit<Job, "onOutput" | "signal"> {
  return {
    command: ({ scratch, home, tmp, at }) => ({
      argv: ["/bin/bash", "-c", scriptRun],
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin/core_perl",
        HOME: home,
        TMPDIR: tmp,
        LC_ALL: "C.UTF-8",
        // A repository that isn't there must not wait for somebody to type a password.
        GIT_TERMINAL_PROMPT: "0",
        GIVEN: at("/given.tar"),
        PACKAGE: pkgbase,
      },
      cwd: scratch,
    }),
    mounts: [{ source: join(folder, "given.tar"), target: "/given.tar", writable: false }],
    user: "builder",
    network: true,
    limits: {
      seconds: timeLimit,
      graceSeconds: 5,
      memoryBytes: 4 * 2 ** 30,
      processes: 1024,
      // Held in memory.
      outputBytes: Math.min(2 ** 30, Math.floor(totalmem() / 4)),
    },
    collect: { from: "out", into: join(folder, "left") },
  };
}

/** Sourced, so that the script may `return`. A program that is missing fails it in the end, whatever it makes of it. */
const scriptRun = `
mkdir recipe out && tar -xf "$GIVEN" -C recipe || exit
unset GIVEN
MISSING="$PWD/out/missing" bash -c '
  missing=$MISSING; unset MISSING
  command_not_found_handle() { echo "$1: not installed" >&2; echo "$1" >> "$missing"; return 127; }
  cd recipe || exit
  set -uo pipefail
  source ./.CI/update.sh
' || exit
tar --format=pax -cf out/recipe.tar -C recipe .
`;

/** Its name is the script's: shown as data, never as part of a sentence. */
async function missingProgram(folder: string): Promise<string | undefined> {
  const path = join(folder, "left/missing");
  const size = await sizeOf(path);
  if (size === undefined || size === 0) return undefined;
  const [name = ""] = size > 4096 ? [] : (await readFile(path, "utf8")).split("\n");
  return /^[\w.+-]{1,64}$/.test(name) ? name : "?";
}

async function takeBack({ pkgbase, recipe, ci }: UpdateScript, folder: string): Promise<RecipeFiles> {
  const path = join(folder, "left/recipe.tar");
  const size = (await sizeOf(path)) ?? 0;
  if (size > 2 * mostBytes) throw refused(pkgbase, tooLarge);
  const left = await unpackRecipe(await readFile(path)).catch((error: unknown) => {
    throw error instanceof SluiceError ? refused(pkgbase, error.message) : error;
  });
  const files = new Map([...left].filter(([path]) => !isCi(path)));
  const ciLeft = new Map([...left].filter(([path]) => isCi(path)));
  const changedInCi = changedPaths(new Map(within(".CI/", ci)), ciLeft);
  if (changedInCi.length > 0) throw refused(pkgbase, `it changes ${JSON.stringify(changedInCi[0])}`);
  let bytes = 0;
  for (const file of files.values()) bytes += file.bytes.length;
  if (bytes > mostBytes) throw refused(pkgbase, tooLarge);
  for (const path of changedPaths(recipe, files)) {
    const file = files.get(path);
    if (file?.mode === "120000" && leavesFolder(path, Buffer.from(file.bytes).toString())) {
      throw refused(pkgbase, `${JSON.stringify(path)} is a symbolic link out of the recipe`);
    }
  }
  return files;
}

const mostBytes = 20 * 2 ** 20;
const tooLarge = "it is larger than 20 MiB";

function isCi(path: string): boolean {
  return path === ".CI" || path.startsWith(".CI/");
}

function within(folder: string, files: RecipeFiles) {
  return [...files].map(([path, file]) => [`${folder}${path}`, file] as const);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

function trouble(pkgbase: string, what: string, said: string, log: string): SluiceError {
  return new SluiceError(`update-script-${what}`, `${pkgbase}: .CI/update.sh ${said}`, {
    facts: { ...about(pkgbase).facts, log },
    exitCode: 1,
    hint: "The recipe stays as it is, and the next run tries again.",
  });
}

function needsProgram(pkgbase: string, program: string, log: string): SluiceError {
  const message = `${pkgbase}: .CI/update.sh needs a program that isn't installed: ${program}`;
  return new SluiceError("update-script-program", message, {
    facts: { ...about(pkgbase).facts, program, log },
    exitCode: 1,
    hint: "Install it where the pipeline runs, or change the script. The recipe stays as it is.",
  });
}

function refused(pkgbase: string, why: string): SluiceError {
  const message = `${pkgbase}: what .CI/update.sh made of the recipe is not taken: ${why}`;
  return new SluiceError("update-script-refused", message, {
    ...about(pkgbase),
    hint: "A script may change regular files of its own recipe, none of .CI, up to 20 MiB in all.",
  });
}

function about(pkgbase: string) {
  return { facts: { pkgbase, path: ".CI/update.sh" }, exitCode: 1 } as const;
}
