import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { srcinfoVersion } from "../../alpm/srcinfo.ts";
import { parseVersion } from "../../alpm/version.ts";
import { SluiceError } from "../../errors.ts";
import type { BuildRequest } from "../build-request.ts";
import { bumpOf } from "../../workspace/bump.ts";
import { bumped, canonical, hasPkgver } from "../versions/known-version.ts";
import type { Prepared } from "./interfere.ts";

/** What the built packages have to agree with. */
export interface Declared {
  /** The package folder's name, whatever the recipe says. */
  readonly pkgbase: string;
  readonly pkgnames: readonly string[];
  /** Full version, after pkgver() and all that is done to the recipe here. */
  readonly version: string;
}

/**
 * What a build may make. The reviewed .SRCINFO says it, or the recipe, before anything of the build has run, where
 * it is changed by interfere files or has no .SRCINFO. Only what pkgver() may set is asked of the recipe afterwards.
 *
 * @param before how the build's log begins; the recipe says there what it makes
 * @param after the recipe's version after the build, as the sandbox says it: a stranger's word
 */
export async function declared(
  { pkgbase, srcinfo, config }: BuildRequest,
  { recipe, interfered }: Prepared,
  before: string,
  after: string | undefined,
): Promise<Declared> {
  const [version = "", ...pkgnames] = /^:: This recipe makes: (.*)$/m.exec(before)?.[1]?.split(" ") ?? [];
  const bump = bumpOf(config);
  const reviewed =
    srcinfo && !interfered
      ? {
          pkgbase,
          pkgnames: srcinfo.packages.map(({ pkgname }) => pkgname),
          version: bumped(srcinfoVersion(srcinfo) ?? "", bump),
        }
      : { pkgbase, pkgnames, version: canonical(version) };
  if (!hasPkgver(await readPkgbuild(recipe))) return reviewed;
  return { ...reviewed, version: sameEpoch(canonical(after ?? ""), reviewed) };
}

/** pkgver() sets no epoch, which would make a package newer than all that come after it. */
function sameEpoch(version: string, { pkgbase, version: before }: Declared): string {
  if (parseVersion(version).epoch === parseVersion(before).epoch) return version;
  throw new SluiceError(
    "artefact-refused",
    `${pkgbase}: the build changed the epoch: the recipe has ${before}, and afterwards ${version || "none"}; nothing of this build is published`,
    { hint: "Set epoch in the PKGBUILD itself.", facts: { pkgbase }, exitCode: 1 },
  );
}

async function readPkgbuild(recipe: string): Promise<string> {
  return readFile(join(recipe, "PKGBUILD"), "utf8");
}
