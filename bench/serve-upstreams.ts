// Stands in for all that a half-hourly run asks, where nothing ever changes; prints the addresses. The argument names
// a file with what there is (`ServedUpstreams`).
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { goodToken, standIns } from "../test/world/forges.ts";
import { generateRow } from "./aur-row.ts";

export interface ServedUpstreams {
  /** The bare repository that the forge is in front of. */
  readonly origin: string;
  /** Rows of the AUR's dump in all. */
  readonly rows: number;
  readonly aur: readonly Readonly<Record<string, unknown>>[];
  /** What every branch of every repository has. */
  readonly commit: string;
}

/** What the process prints. */
export interface ServedAddresses {
  readonly url: string;
  readonly apiUrl: string;
  readonly project: string;
  readonly token: string;
}

const { origin, rows, aur, commit } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as ServedUpstreams;
const others = Array.from({ length: rows - aur.length }, (_, index) => generateRow(index));
const all = [...others, ...aur.map((row, index) => ({ ...generateRow(rows + index), ...row }))];
const text = all
  .sort((a, b) => (a.Name < b.Name ? -1 : 1))
  .map((row) => JSON.stringify(row))
  .join(",\n");
const dump = gzipSync(`[\n${text}\n]`);

const git = "application/x-git-upload-pack";
const capabilities = ["version 2", "agent=git/2", "ls-refs=unborn", "fetch=shallow", "object-format=sha1"];
const advertisement = [
  packet("# service=git-upload-pack\n"),
  "0000",
  ...capabilities.map((capability) => packet(`${capability}\n`)),
  "0000",
].join("");

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url!, "http://localhost");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (/\.(?:db|files)$/.test(pathname)) return void response.writeHead(304).end();
    if (pathname.endsWith(".json.gz")) return send(response, "text/plain", dump);
    if (pathname.endsWith("/info/refs")) return send(response, `${git}-advertisement`, advertisement);
    if (pathname.endsWith("/git-upload-pack")) {
      return send(response, `${git}-result`, refsFor(Buffer.concat(chunks).toString()));
    }
    const version = decodeURIComponent(pathname.slice(pathname.lastIndexOf("/") + 1));
    send(response, "text/html", `Version ${version}\n`);
  });
});

/** Others than those that were asked for may be in an answer. */
function refsFor(question: string): string {
  const asked = [...question.matchAll(/ref-prefix (refs\/heads\/\S+?)(?:\n|(?=00[0-9a-f]{2})|$)/g)];
  const refs = new Set(["HEAD", ...asked.map(([, ref]) => ref!)]);
  return `${[...refs].map((ref) => packet(`${commit} ${ref}\n`)).join("")}0000`;
}

function packet(line: string): string {
  return (line.length + 4).toString(16).padStart(4, "0") + line;
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

const [{ start }] = standIns as [(typeof standIns)[number]];
const { apiUrl, project } = await start(origin);
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const served: ServedAddresses = { url: `http://127.0.0.1:${port}`, apiUrl, project, token: goodToken };
  process.stdout.write(`${JSON.stringify(served)}\n`);
});
