import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { systemCode } from "../errors.ts";
import type { MadeFrom } from "../pkgrepo/snapshot.ts";
import { sameRecipe } from "./reconcile.ts";

/** Packages that are built and wait for being published. */
export interface FinishedPackages {
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
): Promise<FinishedPackages> {
  const target = join(folder, pkgbase);
  const fresh = join(folder, `.${pkgbase}.${process.pid}.tmp`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const file of packages.files) await rename(file, join(fresh, basename(file)));
  const names = packages.files.map((file) => basename(file));
  await writeFile(join(fresh, manifest), JSON.stringify({ ...packages, files: names }), { flush: true });
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
  return { ...packages, files: names.map((name) => join(target, name)) };
}

/** What an earlier run made of this very recipe and commit, if it is still to be published. */
export async function takeFinished(
  folder: string,
  pkgbase: string,
  wanted: Pick<MadeFrom, "commit" | "recipeTree" | "bump">,
): Promise<FinishedPackages | undefined> {
  try {
    const kept = JSON.parse(await readFile(join(folder, pkgbase, manifest), "utf8")) as FinishedPackages;
    if (kept.madeFrom.commit !== wanted.commit || !sameRecipe(kept.madeFrom, wanted)) return undefined;
    return { ...kept, files: kept.files.map((name) => join(folder, pkgbase, name)) };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function dropFinished(folder: string, pkgbase: string): Promise<void> {
  await rm(join(folder, pkgbase), { recursive: true, force: true });
}

const manifest = "manifest.json";
