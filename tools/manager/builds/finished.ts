import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { systemCode } from "../../errors.ts";
import { flush } from "../../system/flush.ts";
import type { MadeFrom } from "../../pkgrepo/snapshot.ts";
import { durably, type Checkpoint } from "../../steps.ts";

/** Packages that are built and wait for being published. */
export interface FinishedPackages {
  /** The id of the build that made them. */
  readonly build: number;
  readonly madeFrom: MadeFrom;
  readonly pkgnames: readonly string[];
  readonly version: string;
  /** Paths. */
  readonly files: readonly string[];
}

/** Keeps what a build made, so that a crash before it is published costs no second build. */
export async function keepFinished(
  folder: string,
  pkgbase: string,
  packages: FinishedPackages,
  checkpoint?: Checkpoint,
): Promise<FinishedPackages> {
  const target = join(folder, pkgbase);
  const fresh = join(folder, `.${packages.build}.tmp`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const file of packages.files) {
    await rename(file, join(fresh, basename(file)));
    await flush(join(fresh, basename(file)));
  }
  const names = packages.files.map((file) => basename(file));
  await writeFile(join(fresh, manifest), JSON.stringify({ ...packages, files: names }), { flush: true });
  await rm(target, { recursive: true, force: true });
  await durably(checkpoint, "packages kept", () => rename(fresh, target));
  await flush(folder);
  return { ...packages, files: names.map((name) => join(target, name)) };
}

/** What an earlier run made of this package and didn't publish. */
export async function readFinished(folder: string, pkgbase: string): Promise<FinishedPackages | undefined> {
  try {
    const kept = JSON.parse(await readFile(join(folder, pkgbase, manifest), "utf8")) as FinishedPackages;
    return { ...kept, files: kept.files.map((name) => join(folder, pkgbase, basename(name))) };
  } catch (error) {
    // A power loss may leave it cut off: then it is built again.
    if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function dropFinished(folder: string, pkgbase: string, checkpoint?: Checkpoint): Promise<void> {
  await durably(checkpoint, "kept packages dropped", () =>
    rm(join(folder, pkgbase), { recursive: true, force: true }),
  );
}

/** The pkgbases of which packages are kept. */
export async function keptPackages(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith("."));
}

const manifest = "manifest.json";
