import { createHash } from "node:crypto";

/** The bytes of armoured public keys, one after the other (RFC 4880, 6.2). */
export function dearmor(text: string): Buffer {
  const blocks = text.matchAll(/^-----BEGIN [^\n]*-----\n(?:[^\n]+\n)*\n([^-]*?)(?:=[^\n]{4}\n)?-----END /gm);
  return Buffer.concat([...blocks].map(([, body = ""]) => Buffer.from(body, "base64")));
}

/**
 * The fingerprint of the first key in an armoured text (RFC 4880, 12.2); undefined for other versions than 4, and for
 * what is no key.
 */
export function fingerprintOf(armoured: string): string | undefined {
  const bytes = dearmor(armoured);
  const packet = firstPacket(bytes);
  if (!packet || packet.tag !== 6 || packet.body[0] !== 4) return undefined;
  const head = Buffer.from([0x99, packet.body.length >> 8, packet.body.length & 0xff]);
  return createHash("sha1").update(head).update(packet.body).digest("hex").toUpperCase();
}

/** Packets of unknown or partial length hold no key. */
function firstPacket(bytes: Buffer): { tag: number; body: Buffer } | undefined {
  const [first = 0, one = 0, two = 0] = bytes;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const size = isNew ? (one < 192 ? 1 : one < 224 ? 2 : 0) : [1, 2, 0, 0][first & 3]!;
  if ((first & 0x80) === 0 || size === 0) return undefined;
  const length = size === 1 ? one : isNew ? ((one - 192) << 8) + two + 192 : (one << 8) + two;
  const body = bytes.subarray(1 + size, 1 + size + length);
  return body.length === length ? { tag, body } : undefined;
}
