import type { Owner, Sandbox } from "../sandbox.ts";

/** For the programs that set a job up; the payload has its own. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Neither a person's nor a service's: between the ranges that systemd and Debian give out. One each, so
 * that a payload on the host can't touch those in sandboxes, nor count as theirs.
 */
const nobodyElse = { bubblewrap: 60978, host: 60979, container: 60980 } as const;

export function callerIsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Who a payload is on this machine: the caller, or one that nobody else is where the caller is root. */
export function unprivilegedOwner(sandbox: Sandbox["name"]): Owner {
  const own = nobodyElse[sandbox];
  return callerIsRoot()
    ? { uid: own, gid: own }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** What starts a command as that user. */
export function becomeOwner({ uid, gid }: Owner): string[] {
  return callerIsRoot()
    ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--inh-caps=-all", "--"]
    : [];
}
