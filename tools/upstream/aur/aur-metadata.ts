import { readDump } from "./aur-dump.ts";
import type { AurMetadata } from "./aur-rows.ts";
import { askRpc } from "./aur-rpc.ts";
import type { Followed, UpstreamPorts } from "../upstream.ts";

/**
 * Up to so many names the RPC is asked: one or two addresses long, 200 KB of answer, and half-hourly a fortieth of the
 * requests that it allows a day. The dump has 70 MB, but is a file that costs the AUR nothing to hand out.
 */
const mostNamesForRpc = 200;

/**
 * What the AUR says of these packages. "unchanged": nothing has changed in all of the AUR since `etag` was given out.
 *
 * @throws SluiceError `unavailable`
 */
export async function askAur(
  ports: Pick<UpstreamPorts, "http" | "aurProxy" | "now">,
  packages: readonly Pick<Followed, "pkgbase" | "srcinfo">[],
  etag: string | undefined,
): Promise<AurMetadata | "unchanged"> {
  const pkgbases = new Set(packages.map(({ pkgbase }) => pkgbase));
  const pkgnames = [...new Set(packages.flatMap(namesOf))];
  if (pkgnames.length <= mostNamesForRpc) return askRpc(ports, { pkgbases, pkgnames });
  return readDump(ports, pkgbases, etag);
}

/** The RPC knows pkgnames, any of which may have been dropped from a split package since. */
export function namesOf({ pkgbase, srcinfo }: Pick<Followed, "pkgbase" | "srcinfo">): string[] {
  const pkgnames = srcinfo?.packages.map(({ pkgname }) => pkgname) ?? [];
  return [pkgbase, ...pkgnames.slice(0, 2)];
}
