import { NotGit, type Packet } from "./pkt-line.ts";

/** Name → what a remote repository has there; `HEAD` is a name, too. */
export type Refs = ReadonlyMap<string, RemoteRef>;

export interface RemoteRef {
  readonly id: string;
  /** Of an annotated tag: what it comes down to. */
  readonly peeled?: string;
  /** The ref that this one stands for; only HEAD usually has one. */
  readonly symref?: string;
}

const id = "[0-9a-f]{40}(?:[0-9a-f]{24})?";
const lsRefsLine = new RegExp(`^(${id}|unborn) ([^ ]+)((?: [^ ]+)*)$`);
const peeledAttribute = new RegExp(` peeled:(${id})`);
const refLine = new RegExp(`^(${id})\\t([^\\s]+?)(\\^\\{\\})?$`);

/** The answer to `ls-refs` (gitprotocol-v2). */
export function readLsRefs(packets: readonly Packet[]): Refs {
  const refs = new Map<string, RemoteRef>();
  for (const line of linesUntilFlush(packets)) {
    const [, id, name, attributes] = lsRefsLine.exec(line) ?? [];
    if (id === undefined || name === undefined || attributes === undefined)
      throw new NotGit("it isn't what Git says");
    if (id === "unborn") continue;
    const symref = / symref-target:([^ ]+)/.exec(attributes)?.[1];
    const peeled = peeledAttribute.exec(attributes)?.[1];
    refs.set(name, { id, ...(symref !== undefined && { symref }), ...(peeled !== undefined && { peeled }) });
  }
  return refs;
}

/** All refs, as servers advertise them that don't speak version 2 (gitprotocol-http, gitprotocol-pack). */
export function readAdvertisement(packets: readonly Packet[]): Refs {
  let capabilities = "";
  const lines = linesUntilFlush(packets)
    .filter((line) => line !== "version 1" && !line.startsWith("shallow "))
    .map((line) => {
      const [ref, rest] = line.split("\0") as [string, string?];
      capabilities ||= rest ?? "";
      return ref.replace(" ", "\t");
    });
  const refs = readRefLines(lines);
  for (const [, name, symref] of capabilities.matchAll(/(?:^| )symref=([^ :]+):([^ ]+)/g)) {
    const ref = refs.get(name!);
    if (ref) refs.set(name!, { ...ref, symref: symref! });
  }
  return refs;
}

/**
 * `<id>\t<name>`, and `<name>^{}` for what an annotated tag comes down to: the file `info/refs`, and what
 * `git ls-remote --symref` prints, with lines `ref: <name>\tHEAD` in between.
 */
export function readRefLines(lines: readonly string[]): Map<string, RemoteRef> {
  const refs = new Map<string, RemoteRef>();
  const symrefs = new Map<string, string>();
  for (const line of lines) {
    const [, target, of] = /^ref: ([^\s]+)\t([^\s]+)$/.exec(line) ?? [];
    if (target !== undefined && of !== undefined) {
      symrefs.set(of, target);
      continue;
    }
    const [, id, name, peels] = refLine.exec(line) ?? [];
    if (id === undefined || name === undefined) throw new NotGit("it isn't what Git says");
    const ref = refs.get(name);
    // A repository without refs says so with a line that is none.
    if (name === "capabilities" && peels !== undefined) continue;
    if (peels === undefined) refs.set(name, { id });
    else if (ref) refs.set(name, { ...ref, peeled: id });
  }
  for (const [name, symref] of symrefs) {
    const ref = refs.get(name);
    if (ref) refs.set(name, { ...ref, symref });
  }
  return refs;
}

function linesUntilFlush(packets: readonly Packet[]): string[] {
  const end = packets.findIndex(({ kind }) => kind === "flush");
  if (end === -1) throw new NotGit("it ends halfway");
  return packets.slice(0, end).map((packet) => {
    if (packet.kind !== "line") throw new NotGit("it isn't what Git says");
    return packet.text;
  });
}
