import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { outcomes, succeeded } from "../../queue/outcome.ts";
import { readFinished, type FinishedPackages } from "../builds/finished.ts";

const resultSchema = z.strictObject({
  outcome: z.enum([...outcomes, "blocked"]),
  message: z.string(),
});

/** How a build ended; `blocked`: not begun, since one that it needs failed. */
export type JobOutcome = Readonly<z.infer<typeof resultSchema>>;

/** Whether what needs this build may go on. */
export function goesOn({ outcome }: JobOutcome): boolean {
  return outcome !== "blocked" && succeeded(outcome);
}

/** What a job of a pipeline leaves of one build for the jobs after it. */
export interface JobResult {
  readonly pkgbase: string;
  readonly result: JobOutcome;
  /** Of a build that made packages. */
  readonly packages: FinishedPackages | undefined;
}

/** Notes in `<folder>/<pkgbase>/`, beside the packages, how the build ended. */
export async function writeResult(folder: string, pkgbase: string, result: JobOutcome): Promise<void> {
  await mkdir(join(folder, pkgbase), { recursive: true });
  await writeFile(join(folder, pkgbase, resultFile), `${JSON.stringify(result)}\n`);
}

/**
 * All that is below the folders, by pkgbase; what several have counts in the last. A job that died has left nothing.
 *
 * @throws SluiceError `job-result-damaged`
 */
export async function readJobResults(folders: readonly string[]): Promise<ReadonlyMap<string, JobResult>> {
  const jobResults = new Map<string, JobResult>();
  for (const folder of folders) {
    for (const pkgbase of (await namesIn(folder)).filter(isPkgbase)) {
      const result = await readResult(join(folder, pkgbase, resultFile));
      if (!result) continue;
      const packages = result.outcome === "built" ? await readFinished(folder, pkgbase) : undefined;
      if (result.outcome === "built" && !packages) throw damaged(join(folder, pkgbase));
      jobResults.set(pkgbase, { pkgbase, result, packages });
    }
  }
  return jobResults;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function readResult(path: string): Promise<JobOutcome | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
  try {
    return resultSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): SluiceError {
  return new SluiceError("job-result-damaged", `${path} isn't what a build leaves there`, {
    hint: "Run the job again that made it.",
    facts: { path },
    cause,
  });
}

const resultFile = "result.json";
