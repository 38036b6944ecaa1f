import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import type { StoredFile } from "../publisher.ts";

/** What an image holds for one platform: these files at its root, and nothing else. */
export interface PlatformImage {
  /** `linux/arm64`, `linux/arm/v6` */
  readonly platform: string;
  readonly files: readonly StoredFile[];
}

export interface ImageFacts {
  readonly cmd: readonly string[] | undefined;
  /** Of everything in it, in seconds since 1970. */
  readonly time: number;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes an image of several platforms as an OCI image layout (OCI image specification 1.0), named `image` in it. The
 * same files make the same digests.
 *
 * @returns the digest of its index, `sha256:…`
 */
export async function writeLayout(
  folder: string,
  images: readonly PlatformImage[],
  facts: ImageFacts,
): Promise<string> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  const manifests = [];
  for (const image of images) manifests.push(await writeImage(folder, image, facts));
  const { annotations } = facts;
  const content = { schemaVersion: 2, mediaType: types.index, manifests, annotations };
  const index = await writeJson(folder, types.index, content);
  const named = { ...index, annotations: { "org.opencontainers.image.ref.name": "image" } };
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return index.digest;
}

async function writeImage(
  folder: string,
  { platform, files }: PlatformImage,
  { cmd, time, annotations }: ImageFacts,
): Promise<Descriptor & { platform: object }> {
  const mtime = new Date(time * 1000);
  const entries = [];
  for (const { path, file, bytes, isExecutable } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const header = { name: path, size: bytes, mode: isExecutable ? 0o755 : 0o644, mtime, uid: 0, gid: 0 };
    entries.push({ header, body: await readFile(file) });
  }
  const tar = await packTar(entries);
  const layer = await writeBlob(folder, types.layer, gzipSync(tar, { level: 9 }));
  const [os, architecture, variant] = platform.split("/");
  const of = { architecture, os, ...(variant !== undefined && { variant }) };
  const config = await writeJson(folder, types.config, {
    ...of,
    created: mtime.toISOString(),
    config: { ...(cmd && { Cmd: cmd }), Labels: annotations },
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
    history: [{ created: mtime.toISOString(), created_by: "sluice" }],
  });
  const content = { schemaVersion: 2, mediaType: types.manifest, config, layers: [layer], annotations };
  return { ...(await writeJson(folder, types.manifest, content)), platform: of };
}

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

function writeJson(folder: string, mediaType: string, content: object): Promise<Descriptor> {
  return writeBlob(folder, mediaType, Buffer.from(JSON.stringify(content)));
}

async function writeBlob(folder: string, mediaType: string, content: Uint8Array): Promise<Descriptor> {
  const digest = digestOf(content);
  await writeFile(join(folder, "blobs", ...digest.split(":")), content);
  return { mediaType, digest, size: content.length };
}

export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
