/** Linux's capabilities in the order of their numbers (linux/capability.h), without `cap_`. */
const names =
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore".split(
    " ",
  );

/**
 * `cap_net_raw, cap_net_admin`; "unknown ones" where it can't be read.
 *
 * @param base64 `struct vfs_cap_data` (linux/capability.h): a word of flags, then permitted and inheritable by turns
 */
export function capabilityNames(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 12) return "unknown ones";
  const found = names.filter((_, bit) => {
    const at = bit < 32 ? 4 : 12;
    const words = at + 8 <= bytes.length ? [at, at + 4] : [];
    return words.some((word) => (bytes.readUInt32LE(word) >>> (bit % 32)) & 1);
  });
  return found.length === 0 ? "unknown ones" : found.map((name) => `cap_${name}`).join(", ");
}
