import { z } from "zod";

/** What makes namespaces and mounts; clone is allowed again below, clone3's flags no filter can read. */
const forbidden: ReadonlySet<string> = new Set(
  (
    "clone clone3 unshare setns mount umount umount2 pivot_root move_mount open_tree fsconfig fsmount fsopen " +
    "fspick mount_setattr"
  ).split(" "),
);

const cloneNewUser = 0x10000000;

const profile = z.looseObject({
  syscalls: z.array(z.looseObject({ names: z.array(z.string()), action: z.string() })),
});

/**
 * The engine's profile of system calls (seccomp.json, as Docker's and Podman's engines read it) without those by which
 * a payload would make a user namespace, in which it is root: more of the kernel than a build needs.
 */
export function withoutNamespaces(text: string): string {
  const { syscalls, ...rest } = profile.parse(JSON.parse(text));
  const kept = syscalls
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !forbidden.has(name)) }))
    .filter(({ names }) => names.length > 0);
  const clone = {
    names: ["clone"],
    action: "SCMP_ACT_ALLOW",
    args: [{ index: 0, value: cloneNewUser, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
  };
  const noClone3 = { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 };
  return JSON.stringify({ ...rest, syscalls: [...kept, clone, noClone3] });
}
