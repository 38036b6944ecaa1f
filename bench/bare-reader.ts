// A program that does nothing but read the files that `sluice deptree` reads: what Node itself costs.
import { readdirSync, readFileSync } from "node:fs";

const root = process.argv[2]!;
let characters = 0;
for (const folder of readdirSync(root, { withFileTypes: true })) {
  if (!folder.isDirectory() || folder.name.startsWith(".")) continue;
  try {
    characters += readFileSync(`${root}/${folder.name}/.SRCINFO`, "utf8").length;
  } catch {
    // One package has none.
  }
}
process.stdout.write(`${characters}\n`);
