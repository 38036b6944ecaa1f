// Looks packages up in the metadata dump that the address given serves, and prints what that took. `whole`: as a
// program would that unpacks and parses all of it.
import { gunzipSync } from "node:zlib";
import { openHttp } from "../tools/http/open-http.ts";
import { askAur } from "../tools/upstream/aur/aur-metadata.ts";

export interface DumpFigures {
  readonly wall: number;
  readonly cpu: number;
  /** The process's highest use of memory, Node itself included. */
  readonly megabytes: number;
  readonly found: number;
}

const [url, count, way] = process.argv.slice(2) as [string, string, string | undefined];
const asked = Array.from({ length: Number(count) }, (_, index) => `package-${index * 40}`);
const start = performance.now();
const before = process.cpuUsage();
const found = await (way === "whole" ? parseAll() : streamed());
const { user, system } = process.cpuUsage(before);
const figures: DumpFigures = {
  wall: performance.now() - start,
  cpu: (user + system) / 1000,
  megabytes: process.resourceUsage().maxRSS / 1024,
  found,
};
process.stdout.write(JSON.stringify(figures));

async function streamed(): Promise<number> {
  const standIns = { "https://aur.archlinux.org": url };
  const http = openHttp({ parallel: 8, perHost: 4, delaySeconds: 0, standIns });
  const packages = asked.map((pkgbase) => ({ pkgbase, srcinfo: undefined }));
  const metadata = await askAur({ http, aurProxy: "", now: () => new Date() }, packages, undefined);
  await http.close();
  return metadata === "unchanged" ? 0 : metadata.packages.size;
}

async function parseAll(): Promise<number> {
  const answer = await fetch(`${url}/dump`);
  const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
  const names = new Set(asked);
  const rows = JSON.parse(text) as readonly { readonly PackageBase: string }[];
  return rows.filter(({ PackageBase }) => names.has(PackageBase)).length;
}
