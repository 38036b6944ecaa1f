// Prints the layers of an OCI layout's image, one file a line, the lowest first.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const [layout] = process.argv.slice(2);
const blob = (digest) => join(layout, "blobs", ...digest.split(":"));
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

const [{ digest }] = read(join(layout, "index.json")).manifests;
for (const layer of read(blob(digest)).layers) process.stdout.write(`${blob(layer.digest)}\n`);
