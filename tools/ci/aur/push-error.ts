import { SluiceError } from "../../errors.ts";
import type { AurServer } from "./aur-server.ts";

/** What went wrong, out of what Git and SSH said. */
export function aurPushError(server: AurServer, pkgbase: string, said: string): SluiceError {
  const words = lastWords(said);
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|host key is known/i.test(said)) {
    return new SluiceError("aur-host-key", `${server.host} shows another host key than the AUR's`, {
      hint: "The connection may be intercepted; nothing was sent. Compare with the fingerprints on https://aur.archlinux.org; where the AUR has announced new keys, update Sluice.",
      facts: { pkgbase, said: words },
      exitCode: 1,
    });
  }
  if (/Permission denied \(publickey/.test(said)) {
    return new SluiceError("aur-key", "the AUR doesn't know the key in AUR_KEY", {
      hint: "Add its public key to the AUR account that maintains the packages (My Account, SSH Public Key).",
      facts: { pkgbase, said: words },
      exitCode: 1,
    });
  }
  if (unreachable.test(said)) {
    return new SluiceError("aur-unreachable", `the AUR can't be reached: ${words}`, {
      hint: "Nothing is lost; the next run pushes what differs then.",
      facts: { pkgbase },
      exitCode: 1,
    });
  }
  return new SluiceError("aur-refused", `${pkgbase}: the AUR refused: ${words}`, {
    hint: "Nothing is lost; fix what it says. The account of AUR_KEY has to be a maintainer or co-maintainer of the package.",
    facts: { pkgbase },
    exitCode: 1,
  });
}

const unreachable =
  /Could not resolve|Connection (?:refused|reset|closed|timed out)|Operation timed out|timed out during|No route to host|Network is unreachable|kex_exchange_identification|banner exchange|Timeout, server|Broken pipe|down due to maintenance|SSH interface is disabled/i;

const advice =
  /^(?:To |Done$|fatal: |Please make sure|and the repository|remote: (?:error: )?hook declined|remote:$)/;

/** Without Git's advice and its echo of the command; the server's own words where there are some. */
function lastWords(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !advice.test(line));
  const remote = lines.flatMap((line) => /^remote: (?:error: )?(.*\S)/.exec(line)?.[1] ?? []);
  return (remote.length > 0 ? remote : lines).slice(0, 8).join(" ").slice(0, 600) || "it said nothing";
}
