/**
 * A piece of Git's conversations (gitprotocol-common): four hexadecimal digits with the length of a line, these four
 * included, then the line; or a mark without content.
 */
export type Packet =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "flush" | "delimiter" | "end" };

const marks = ["flush", "delimiter", "end"] as const;
const longest = 65_520;

/** The packets of a whole answer, without the line ends at their ends. Throws `NotGit` where it isn't made of such. */
export function readPackets(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const digits = bytes.toString("latin1", at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotGit("it isn't what Git says");
    const length = Number.parseInt(digits, 16);
    const mark = marks[length];
    if (mark) {
      packets.push({ kind: mark });
      at += 4;
      continue;
    }
    if (length < 4 || length > longest) throw new NotGit("it isn't what Git says");
    if (at + length > bytes.length) throw new NotGit("it ends halfway");
    packets.push({ kind: "line", text: bytes.toString("utf8", at + 4, at + length).replace(/\n$/, "") });
    at += length;
  }
  return packets;
}

export const flush = "0000";
export const delimiter = "0001";

export function packet(line: string): string {
  return `${(Buffer.byteLength(line) + 5).toString(16).padStart(4, "0")}${line}\n`;
}

/** An answer that no Git gives. */
export class NotGit extends Error {}
