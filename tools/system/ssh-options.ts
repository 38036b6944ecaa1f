/** Where a server is, and who we are there. */
export interface SshServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A private key without a passphrase. */
  readonly keyFile: string;
}

/**
 * Arguments of ssh with which nothing is read of the user's or the machine's settings, and nobody is asked.
 *
 * @param settings more of them, `Name=value`
 */
export function sshArguments({ port, user, keyFile }: SshServer, settings: readonly string[]): string[] {
  const all = [...common, ...settings].flatMap((setting) => ["-o", setting]);
  return ["-T", "-F", "/dev/null", ...all, "-i", keyFile, "-p", String(port), "-l", user];
}

const common = [
  "BatchMode=yes",
  "GlobalKnownHostsFile=/dev/null",
  "UpdateHostKeys=no",
  "PreferredAuthentications=publickey",
  "IdentitiesOnly=yes",
  "IdentityAgent=none",
  "ForwardAgent=no",
  "ConnectTimeout=20",
  // What both know and most processors compute themselves comes first: packages arrive twice as fast.
  "Ciphers=^aes128-gcm@openssh.com,aes256-gcm@openssh.com",
];

/** What ssh is started with; no secret of this process is in it. */
export function sshEnvironment(): Record<string, string | undefined> {
  return { PATH: process.env["PATH"], HOME: "/nonexistent", LC_ALL: "C" };
}

/** Names that go into ssh's arguments, which have a quoting of their own. */
export function isPlainServer({ host, user }: Pick<SshServer, "host" | "user">): boolean {
  return /^[A-Za-z0-9][\w.:-]*$/.test(host) && /^[A-Za-z0-9_][\w.-]*$/.test(user);
}
