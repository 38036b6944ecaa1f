import { SluiceError } from "../../errors.ts";
import type { Srcinfo } from "../../alpm/srcinfo.ts";
import { isRefName } from "../refs/git-address.ts";

/** A source that is built from whatever is newest there. */
export interface FollowedSource {
  readonly url: string;
  /** `HEAD`, or the full name of a branch. */
  readonly ref: string;
}

/**
 * The Git sources of a recipe that aren't pinned, as makepkg understands them (makepkg's source.sh and
 * source/git.sh): `[name::]git+<url>[#branch=<name>|#commit=…|#tag=…][?signed]`. Those of all architectures, each
 * once, in the order of the file. Sources of other version control systems, and of this machine, aren't followed.
 *
 * @throws SluiceError `bad-source` where makepkg couldn't tell either what is meant
 */
export function followedSources({ base }: Srcinfo): FollowedSource[] {
  const arrays = [...base].filter(([field]) => field === "source" || field.startsWith("source_"));
  const sources = new Map<string, FollowedSource>();
  for (const entry of arrays.flatMap(([, entries]) => entries)) {
    const source = followedSource(entry);
    if (source) sources.set(JSON.stringify(source), source);
  }
  return [...sources.values()];
}

function followedSource(entry: string): FollowedSource | undefined {
  const separator = entry.indexOf("::");
  const address = separator === -1 ? entry : entry.slice(separator + 2);
  // git:// has no other meaning than git+git://.
  if (!/^git(?:\+[a-z]+)?:\/\//.test(address) || address.startsWith("git+file:")) return undefined;
  const url = address.replace(/^git\+/, "").replace(/[#?].*$/s, "");
  const ref = refOf(address, entry);
  return ref === undefined ? undefined : { url, ref };
}

/** Undefined: pinned. */
function refOf(address: string, entry: string): string | undefined {
  const hash = address.indexOf("#");
  // A query may stand before or behind the fragment, and is no part of it.
  const fragment = hash === -1 ? "" : address.slice(hash + 1).replace(/\?.*$/s, "");
  if (fragment === "") return "HEAD";
  const kind = fragment.replace(/=.*$/s, "");
  if (kind === "commit" || kind === "tag") return undefined;
  const ref = `refs/heads/${fragment.slice(fragment.lastIndexOf("=") + 1)}`;
  if (kind === "branch" && isRefName(ref)) return ref;
  throw new SluiceError(
    "bad-source",
    `the source ${JSON.stringify(entry.slice(0, 200))} names no branch, tag or commit`,
    {
      hint: "Correct what follows the # in the source array of the PKGBUILD, and write .SRCINFO again.",
      exitCode: 1,
    },
  );
}
