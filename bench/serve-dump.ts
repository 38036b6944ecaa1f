// Serves a metadata dump of as many rows as the argument says, and prints its address. The same rows on every run.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { generateRow } from "./aur-row.ts";

const rows = Array.from({ length: Number(process.argv[2]) }, (_, index) =>
  JSON.stringify(generateRow(index)),
);
const packed = gzipSync(`[\n${rows.join(",\n")}\n]`);
const server = createServer((request, response) => {
  const declared = request.url?.startsWith("/declared/") ? { "content-encoding": "gzip" } : {};
  response.writeHead(200, { "content-length": packed.length, etag: '"1"', ...declared }).end(packed);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
