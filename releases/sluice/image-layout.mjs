// Writes an OCI layout with one layer: the base's settings, with those that the Containerfile's last stage adds.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [containerfile, baseLayout, layerFile, layout] = process.argv.slice(2);
const { REF, VERSION, COMMIT, SOURCE_DATE_EPOCH } = process.env;
const created = new Date(Number(SOURCE_DATE_EPOCH) * 1000).toISOString();
const annotations = {
  "org.opencontainers.image.title": "sluice",
  "org.opencontainers.image.version": VERSION,
  "org.opencontainers.image.revision": COMMIT,
  "org.opencontainers.image.ref.name": REF,
};

mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
const base = configOfBase();
const tar = readFileSync(layerFile);
const layer = put("layer.v1.tar+gzip", gzipSync(tar));
const config = putJson("config.v1+json", {
  architecture: base.architecture,
  os: base.os,
  created,
  config: { ...base.config, ...settings(), Labels: annotations },
  rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  history: [{ created, created_by: "releases/sluice/image.sh" }],
});
const type = typeOf("manifest.v1+json");
const manifest = putJson("manifest.v1+json", {
  schemaVersion: 2,
  mediaType: type,
  config,
  layers: [layer],
  annotations,
});
const named = { ...manifest, annotations: { "org.opencontainers.image.ref.name": VERSION } };
writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));

/** USER, ENV and the like of the last stage; what RUN does there, image-root.sh does. */
function settings() {
  const lines = readFileSync(containerfile, "utf8").split("\n");
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
  const value = (name) => last.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  return {
    User: value("USER"),
    Env: [...(base.config?.Env ?? []), value("ENV")],
    Volumes: { [value("VOLUME")]: {} },
    WorkingDir: value("WORKDIR"),
    ExposedPorts: { [`${value("EXPOSE")}/tcp`]: {} },
    Entrypoint: JSON.parse(value("ENTRYPOINT")),
    Cmd: null,
  };
}

function configOfBase() {
  const blob = (digest) => JSON.parse(readFileSync(join(baseLayout, "blobs", ...digest.split(":")), "utf8"));
  const [{ digest }] = JSON.parse(readFileSync(join(baseLayout, "index.json"), "utf8")).manifests;
  return blob(blob(digest).config.digest);
}

function putJson(kind, content) {
  return put(kind, Buffer.from(JSON.stringify(content)));
}

function put(kind, content) {
  const digest = digestOf(content);
  writeFileSync(join(layout, "blobs", ...digest.split(":")), content);
  return { mediaType: typeOf(kind), digest, size: content.length };
}

function typeOf(kind) {
  return `application/vnd.oci.image.${kind}`;
}

function digestOf(content) {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
