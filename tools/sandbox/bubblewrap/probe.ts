import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { SluiceError, systemCode } from "../../errors.ts";
import { becomeOwner, callerIsRoot, systemPath, unprivilegedOwner } from "../jobs/owner.ts";

/**
 * Whether this system lets bubblewrap isolate builds: undefined where it does, else an error whose hint says
 * how to allow it. It tries the namespaces that a job gets; what it reads of the system only explains.
 */
export function probeBubblewrap(system: Explanation = thisSystem): SluiceError | undefined {
  const failure = tryBubblewrap();
  return failure === undefined ? undefined : explain(failure, system);
}

/** What the system says of itself: a setting's value, or undefined where it has none. */
export interface Explanation {
  readonly setting: (path: string) => string | undefined;
  readonly inContainer: boolean;
}

/** What to do about it, most telling first. */
export function explain(failure: string, { setting, inContainer }: Explanation): SluiceError {
  const because = (what: string, hint: string) =>
    new SluiceError("sandbox-unavailable", `bubblewrap can't isolate builds here: ${what}.`, {
      hint,
      facts: { failure },
    });
  if (failure === "missing") {
    return because(
      "the program bwrap is missing",
      "Arch Linux: sudo pacman -S bubblewrap. Debian, Ubuntu: sudo apt-get install bubblewrap.",
    );
  }
  if (/Unknown option/i.test(failure)) {
    return because("it is older than 0.8", "Install bubblewrap 0.8 or newer.");
  }
  if (setting("kernel/unprivileged_userns_clone") === "0") {
    return because(
      "the kernel forbids user namespaces to unprivileged users",
      "sudo sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d/ to keep it.",
    );
  }
  if (setting("user/max_user_namespaces") === "0") {
    return because(
      "the kernel allows no user namespaces",
      "sudo sysctl -w user.max_user_namespaces=15000, and the same line in /etc/sysctl.d/ to keep it.",
    );
  }
  if (inContainer) {
    return because(
      `this container forbids it (${failure})`,
      "Start it with: docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt " +
        "apparmor=unconfined --security-opt systempaths=unconfined (podman: --security-opt unmask=ALL), " +
        "or with --privileged.",
    );
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return because(
      "AppArmor forbids user namespaces to programs without a profile (Ubuntu 24.04 and newer)",
      `Allow it for bwrap alone: ${allowInAppArmor}`,
    );
  }
  return because(failure, "Make this work: bwrap --unshare-all --ro-bind / / true");
}

const allowInAppArmor =
  String.raw`printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap /usr/bin/bwrap ` +
  String.raw`flags=(unconfined) {\n  userns,\n}\n' | sudo tee /etc/apparmor.d/bwrap && ` +
  "sudo apparmor_parser -r /etc/apparmor.d/bwrap";

/** What went wrong, in one line; undefined where all went well. */
function tryBubblewrap(): string | undefined {
  const namespaces = ["user", "pid", "net", "ipc", "uts"].map((name) => `--unshare-${name}`);
  const [program = "", ...args] = [
    callerIsRoot() ? ["unshare", "--mount", "--propagation", "private", "--"] : [],
    becomeOwner(unprivilegedOwner("bubblewrap")),
    ["bwrap", ...namespaces, "--disable-userns", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"],
    ["--tmpfs", "/tmp", "--", "true"],
  ].flat();
  const { status, stderr, error } = spawnSync(program, args, { cwd: "/", env: { PATH: systemPath } });
  if (status === 0) return undefined;
  const said = stderr?.toString().trim().split("\n").at(-1) ?? "";
  if (status === 127 || systemCode(error) === "ENOENT") return "missing";
  return said || String(error ?? `exit ${status}`);
}

const thisSystem: Explanation = {
  setting(path) {
    const file = `/proc/sys/${path}`;
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  },
  inContainer: ["/.dockerenv", "/run/.containerenv"].some((file) => existsSync(file)),
};
