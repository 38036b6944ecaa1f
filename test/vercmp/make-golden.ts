// Makes tools/alpm/fixtures/vercmp.tsv, 20,000 pairs of versions and what pacman's own `vercmp` says of
// each: `a`, `b` and -1, 0 or 1, one pair per line. Half of them come from real packages, the other half is
// made up. It takes a minute, Node 22.18 or newer (which runs TypeScript as it is) and a workspace:
//
//   node test/vercmp/make-golden.ts FOLDER-OF-PACKAGES
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatVersion } from "../../tools/alpm/version.ts";
import { hostilePairs, realPairs, seededRandom } from "./pairs.ts";
import { isVercmpOption, pacmanVercmp } from "./pacman-vercmp.ts";

const size = 20_000;
const random = seededRandom(20_000);
const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: make-golden.ts FOLDER-OF-PACKAGES");

const versions = readdirSync(folder)
  .map((pkgbase) => join(folder, pkgbase, ".SRCINFO"))
  .filter((path) => existsSync(path))
  .map((path) => versionOf(readFileSync(path, "utf8")));

const lines = new Set<string>();
while (lines.size < size) {
  const [pair] = lines.size < size / 2 ? realPairs(versions, 1, random) : hostilePairs(1, random);
  if (pair === undefined || isVercmpOption(pair[0])) continue;
  const order = pacmanVercmp(...pair);
  if (order === undefined) throw new Error("vercmp is missing (Debian: pacman-package-manager)");
  lines.add(`${pair[0]}\t${pair[1]}\t${order}\n`);
}
writeFileSync(join(import.meta.dirname, "../../tools/alpm/fixtures/vercmp.tsv"), [...lines].join(""));

function versionOf(srcinfo: string): string {
  const value = (key: string): string | undefined =>
    srcinfo
      .split("\n")
      .map((line) => line.trim())
      .find((line) => line.startsWith(`${key} = `))
      ?.slice(`${key} = `.length);
  const pkgrel = value("pkgrel");
  return formatVersion({
    epoch: value("epoch") ?? "0",
    pkgver: value("pkgver") ?? "",
    ...(pkgrel !== undefined && { pkgrel }),
  });
}
