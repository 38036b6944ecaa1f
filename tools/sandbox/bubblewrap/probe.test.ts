import { expect, test } from "vitest";
import { explain } from "./probe.ts";

const noPermission = "bwrap: No permissions to create new namespace";

test.each([
  ["bwrap is missing", "missing", {}, false, /missing/, /pacman -S bubblewrap.*apt-get install bubblewrap/],
  ["bwrap is old", "bwrap: Unknown option --disable-userns", {}, false, /older/, /0\.8 or newer/],
  [
    "the kernel forbids it to users",
    noPermission,
    { "kernel/unprivileged_userns_clone": "0" },
    false,
    /forbids user namespaces to unprivileged/,
    /sysctl -w kernel\.unprivileged_userns_clone=1/,
  ],
  [
    "the kernel allows none",
    noPermission,
    { "user/max_user_namespaces": "0" },
    false,
    /allows no user namespaces/,
    /sysctl -w user\.max_user_namespaces=/,
  ],
  [
    "Ubuntu's AppArmor forbids it",
    "bwrap: setting up uid map: Permission denied",
    { "kernel/apparmor_restrict_unprivileged_userns": "1", "user/max_user_namespaces": "96365" },
    false,
    /AppArmor/,
    /userns,.*sudo tee \/etc\/apparmor\.d\/bwrap && sudo apparmor_parser -r \/etc\/apparmor\.d\/bwrap/,
  ],
  [
    "a container forbids it",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    {},
    true,
    /container forbids it .*mount proc/,
    /--cap-add SYS_ADMIN .*systempaths=unconfined/,
  ],
  ["of something else", "bwrap: strange", {}, false, /strange/, /bwrap --unshare-all/],
])("where builds can't be isolated because %s, it says how to allow it", (...row) => {
  const [, failure, settings, inContainer, message, hint] = row;
  const setting = (path: string) => (settings as Record<string, string>)[path];
  const error = explain(failure, { setting, inContainer });
  expect(error.code).toBe("sandbox-unavailable");
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
});
