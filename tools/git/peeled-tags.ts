import type { Git } from "./git.ts";

/** Names of a remote repository's tags and the commits that they come down to. */
export type PeeledTags = ReadonlyMap<string, string>;

/**
 * Asks a remote repository for its tags, without cloning it. An annotated tag counts as the commit that it
 * points at. Undefined where the address isn't plain https:// or git://, or nobody answers in time.
 */
export async function peeledTags(git: Git, url: string): Promise<PeeledTags | undefined> {
  // Other transports run programs (ext::, ssh) or read this machine's files.
  if (!/^(?:https|git):\/\/[A-Za-z0-9][A-Za-z0-9.:-]*\/[\w./~+-]+$/.test(url)) return undefined;
  const protocols = ["protocol.allow=never", "protocol.https.allow=always", "protocol.git.allow=always"];
  const limits = [
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
    "credential.helper=",
    "http.followRedirects=initial",
  ];
  const { ok, stdout } = await git.attempt([
    ...[...protocols, ...limits].flatMap((setting) => ["-c", setting]),
    "ls-remote",
    "--tags",
    "--",
    url,
  ]);
  return ok ? readPeeledTags(stdout) : undefined;
}

/** `<id>\trefs/tags/<name>`, and `<name>^{}` for what an annotated tag points at. */
export function readPeeledTags(listing: string): PeeledTags {
  const tags = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const [, id, name, peeled] = /^([0-9a-f]{40,64})\trefs\/tags\/(.+?)(\^\{\})?$/.exec(line) ?? [];
    if (id === undefined || name === undefined) continue;
    if (peeled !== undefined || !tags.has(name)) tags.set(name, id);
  }
  return tags;
}
