import { SluiceError } from "../errors.ts";

/** What all branches of reviews begin with. */
export const branchPrefix = "update-";

/** What a branch's name says. Without a digest it is one of Chaotic-AUR's, one branch per package. */
export interface UpdateBranch {
  readonly pkgbase: string;
  readonly digest: string | undefined;
}

/**
 * `update-<pkgbase>-<digest>`, the digest being the first 16 digits of the revision.
 *
 * Of all that a pkgbase may hold, only two dots in a row aren't allowed in a ref (git-check-ref-format(1)), so the
 * second becomes `%2E`; no pkgbase holds a `%`.
 *
 * @throws SluiceError `revision` where it isn't at least 16 lower-case hexadecimal digits.
 */
export function branchName(pkgbase: string, revision: string): string {
  return `${branchPrefix}${pkgbase.replace(/(?<=\.)\./g, "%2E")}-${digestOf(revision)}`;
}

/** The part of a revision that is in its branch's name. */
export function digestOf(revision: string): string {
  const digest = /^[0-9a-f]{16}/.exec(revision)?.[0];
  if (digest === undefined) {
    throw new SluiceError("revision", `${JSON.stringify(revision)} is not the digest of a revision`, {
      hint: "It takes at least 16 lower-case hexadecimal digits.",
    });
  }
  return digest;
}

/** The reverse of `branchName`; undefined for a branch that isn't a review's. */
export function parseBranchName(branch: string): UpdateBranch | undefined {
  const match = /^update-([A-Za-z0-9@_+][A-Za-z0-9@._+%-]*?)(?:-([0-9a-f]{16}))?$/.exec(branch);
  if (!match) return undefined;
  const pkgbase = match[1]!.replaceAll("%2E", ".");
  return pkgbase.includes("%") ? undefined : { pkgbase, digest: match[2] };
}
