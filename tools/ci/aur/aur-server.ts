/** Where packages are pushed to. */
export interface AurServer {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** The server's own keys, `type base64`; with any other it isn't the AUR. */
  readonly hostKeys: readonly string[];
}

/**
 * The AUR. Its keys have the fingerprints that https://aur.archlinux.org publishes and that
 * https://archlinux.org/news/aur-migration-new-ssh-hostkeys/ announced:
 * Ed25519 SHA256:RFzBCUItH9LZS0cKB5UE6ceAYhBD5C8GeOBip8Z11+4,
 * ECDSA SHA256:uTa/0PndEgPZTf76e1DFqXKJEXKsn7m9ivhLQtzGOCI,
 * RSA SHA256:5s5cIyReIfNNVGRFdDbe3hdYiI5OelHGpw2rOUud3Q8.
 */
export const aurServer: AurServer = {
  user: "aur",
  host: "aur.archlinux.org",
  port: 22,
  hostKeys: [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEuBKrPzbawxA/k2g6NcyV5jmqwJ2s+zpgZGZ7tpLIcN",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLMiLrP8pVi5BFX2i3vepSUnpedeiewE5XptnUnau+ZoeUOPkpoCgZZuYfpaIQfhhJJI5qgnjJmr4hyJbe/zxow=",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDKF9vAFWdgm9Bi8uc+tYRBmXASBb5cB5iZsB7LOWWFeBrLp3r14w0/9S2vozjgqY5sJLDPONWoTTaVTbhe3vwO8CBKZTEt1AcWxuXNlRnk9FliR1/eNB9uz/7y1R0+c1Md+P98AJJSJWKN12nqIDIhjl2S1vOUvm7FNY43fU2knIhEbHybhwWeg+0wxpKwcAd/JeL5i92Uv03MYftOToUijd1pqyVFdJvQFhqD4v3M157jxS5FTOBrccAEjT+zYmFyD8WvKUa9vUclRddNllmBJdy4NyLB8SvVZULUPrP3QOlmzemeKracTlVOUG1wsDbxknF1BwSCU7CmU6UFP90kpWIyz66bP0bl67QAvlIc52Yix7pKJPbw85+zykvnfl2mdROsaT8p8R9nwCdFsBc9IiD0NhPEHcyHRwB8fokXTajk2QnGhL+zP5KnkmXnyQYOCUYo3EKMXIlVOVbPDgRYYT/XqvBuzq5S9rrU70KoI/S5lDnFfx/+lPLdtcnnEPk=",
  ],
};

/** A package's repository; a first push makes it. */
export function repositoryUrl({ user, host, port }: AurServer, pkgbase: string): string {
  return `ssh://${user}@${host}:${port}/${pkgbase}.git`;
}

/** Lines of a `known_hosts` file. A port other than 22 is part of the name (sshd(8)). */
export function knownHosts({ host, port, hostKeys }: AurServer): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  return hostKeys.map((key) => `${name} ${key}`);
}

/**
 * The private key in AUR_KEY: the text itself, or base64 of it, as CI variables that can't hold line ends need it.
 * Undefined where it is neither.
 */
export function privateKeyText(secret: string): string | undefined {
  const text = secret.replaceAll("\r", "").trim();
  const isBase64 = /^[A-Za-z0-9+/=\s]+$/.test(text);
  const key = isBase64 ? Buffer.from(text, "base64").toString().replaceAll("\r", "").trim() : text;
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n/.test(key) ? key : undefined;
}
