// Derives the metadata of as many PKGBUILDs as the second argument says, and prints how long that took.
import { readdirSync, readFileSync } from "node:fs";
import { derive } from "../tools/workspace/metadata/derived.ts";

const [root = "", count = ""] = process.argv.slice(2);
const texts = readdirSync(root, { withFileTypes: true }).flatMap((folder) => {
  if (!folder.isDirectory() || folder.name.startsWith(".")) return [];
  return [readFileSync(`${root}/${folder.name}/PKGBUILD`, "utf8")];
});
const start = process.cpuUsage();
for (let at = 0; at < Number(count); at += 1) derive(`${texts[at % texts.length]}# ${at}\n`);
const { user, system } = process.cpuUsage(start);
process.stdout.write(
  JSON.stringify({
    cpuSeconds: (user + system) / 1e6,
    megabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
