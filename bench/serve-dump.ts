// Serves a metadata dump of as many rows as the argument says, and prints its address. The same rows on every run.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { pick, seededRandom } from "../test/world/random.ts";

const random = seededRandom(1);
const packed = gzipSync(generate(Number(process.argv[2])));
const server = createServer((request, response) => {
  const declared = request.url?.startsWith("/declared/") ? { "content-encoding": "gzip" } : {};
  response.writeHead(200, { "content-length": packed.length, etag: '"1"', ...declared }).end(packed);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});

/** About 700 bytes per package, as the AUR's own rows have. */
function generate(count: number): string {
  const words = Array.from({ length: 3000 }, () =>
    random()
      .toString(36)
      .slice(2, 4 + Math.floor(random() * 8)),
  );
  const text = (length: number): string => Array.from({ length }, () => pick(words, random)).join(" ");
  const list = (most: number): string[] => text(1 + Math.floor(random() * most)).split(" ");
  const rows = Array.from({ length: count }, (_, index) => {
    const name = `package-${index}`;
    const site = text(3).replaceAll(" ", "/");
    return JSON.stringify({
      ID: 1_000_000 + index,
      Name: name,
      PackageBaseID: 200_000 + index,
      PackageBase: name,
      Version: `${number(9)}.${number(50)}.${number(50)}-1`,
      Description: text(10),
      URL: `https://example.org/${site}`,
      NumVotes: number(300),
      Popularity: random(),
      OutOfDate: null,
      Maintainer: pick(words, random),
      Submitter: pick(words, random),
      FirstSubmitted: 1_400_000_000 + number(300_000_000),
      LastModified: 1_500_000_000 + number(200_000_000),
      URLPath: `/cgit/aur.git/snapshot/${name}.tar.gz`,
      Depends: list(8),
      MakeDepends: list(6),
      OptDepends: [`${text(1)}: ${text(4)}`],
      Conflicts: [name],
      Provides: [name],
      License: ["GPL-3.0-or-later"],
      Keywords: list(3),
    });
  });
  return `[\n${rows.join(",\n")}\n]`;
}

function number(most: number): number {
  return Math.floor(random() * most);
}
