import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { SluiceError } from "../../errors.ts";

/** What a `.narinfo` says of a store path, as far as it counts here. */
export interface NarInfo {
  readonly storePath: string;
  /** Below the cache. */
  readonly url: string;
  /** Of the file at `url`, hexadecimal. */
  readonly fileHash: string;
  readonly narHash: string;
  readonly narSize: string;
  /** Names without the store. */
  readonly references: readonly string[];
  /** What it was built by, without the store, where that is known. */
  readonly deriver: string | undefined;
  /** All lines but signatures. */
  readonly lines: readonly string[];
}

/**
 * Reads a `.narinfo` that a job made. It is a stranger's, so only what Nix itself writes is taken.
 *
 * @returns undefined where it isn't one
 */
export function parseNarInfo(text: string): NarInfo | undefined {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("Sig: "));
  const fields = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
  if (fields.size !== lines.length) return undefined;
  const [storePath, url, fileHash, narHash, narSize] = [
    "StorePath",
    "URL",
    "FileHash",
    "NarHash",
    "NarSize",
  ].map((name) => fields.get(name) ?? "") as [string, string, string, string, string];
  const references = (fields.get("References") ?? "").split(" ").filter((name) => name !== "");
  const isOne =
    new RegExp(`^/nix/store/${name}$`).test(storePath) &&
    /^nar\/[a-z0-9]+\.nar(?:\.[a-z0-9]+)?$/.test(url) &&
    hash.test(fileHash) &&
    hash.test(narHash) &&
    /^\d{1,15}$/.test(narSize) &&
    references.every((reference) => new RegExp(`^${name}$`).test(reference));
  if (!isOne) return undefined;
  return {
    storePath,
    url,
    fileHash: hexOf(fileHash.slice("sha256:".length)),
    narHash,
    narSize,
    references,
    deriver: fields.get("Deriver"),
    lines,
  };
}

const name = "[0-9a-z]{32}-[A-Za-z0-9+._?=-]{1,200}";
const hash = /^sha256:[0-9a-z]{52}$/;
const digits = "0123456789abcdfghijklmnpqrsvwxyz";

/** Nix's base 32: the last digit holds the lowest bits. */
function hexOf(base32: string): string {
  const bytes = Buffer.alloc(32);
  for (const [at, digit] of [...base32].toReversed().entries()) {
    const bit = at * 5;
    const value = digits.indexOf(digit) << (bit % 8);
    const byte = Math.floor(bit / 8);
    bytes[byte] = bytes[byte]! | (value & 0xff);
    if (byte < 31) bytes[byte + 1] = bytes[byte + 1]! | (value >> 8);
  }
  return bytes.toString("hex");
}

/** A key as `nix-store --generate-binary-cache-key` makes it: `NAME:BASE64`. */
export interface NixKey {
  readonly name: string;
  readonly key: KeyObject;
}

/** @throws SluiceError `nix-key`, which doesn't name the key */
export function readNixKey(variable: string, text: string | undefined): NixKey {
  const [, name, base64 = ""] = /^([A-Za-z0-9._-]+):([A-Za-z0-9+/]+=*)\s*$/.exec(text ?? "") ?? [];
  const secret = Buffer.from(base64, "base64");
  if (name === undefined || secret.length !== 64) {
    throw new SluiceError("nix-key", `${variable} holds no key of a Nix cache`, {
      hint: "`nix-store --generate-binary-cache-key NAME SECRET PUBLIC` makes one; its content goes into the variable.",
    });
  }
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), secret.subarray(0, 32)]);
  return { name, key: createPrivateKey({ key: der, format: "der", type: "pkcs8" }) };
}

/** The same with our signature in place of all others (Nix manual, "Signatures"). */
export function signedNarInfo(
  { storePath, narHash, narSize, references, lines }: NarInfo,
  { name, key }: NixKey,
): string {
  const paths = references.map((reference) => `/nix/store/${reference}`).join(",");
  const fingerprint = `1;${storePath};${narHash};${narSize};${paths}`;
  const signature = sign(null, Buffer.from(fingerprint), key).toString("base64");
  return `${[...lines, `Sig: ${name}:${signature}`].join("\n")}\n`;
}

/** What clients put into `trusted-public-keys`. */
export function publicKeyOf({ name, key }: NixKey): string {
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  return `${name}:${der.subarray(-32).toString("base64")}`;
}
