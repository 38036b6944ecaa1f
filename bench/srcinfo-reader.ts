// What `sluice deptree` costs where metadata is read of .SRCINFO files alone: parsed, made into a tree, printed.
import { readdirSync, readFileSync } from "node:fs";
import { parseSrcinfo } from "../tools/alpm/srcinfo.ts";
import { treeFormats } from "../tools/deptree/formats.ts";
import { relationFields, relationsOf } from "../tools/deptree/relations.ts";
import { buildTree } from "../tools/deptree/tree.ts";

const root = process.argv[2]!;
const fields = relationFields("x86_64");
const relations = readdirSync(root, { withFileTypes: true }).flatMap((folder) => {
  if (!folder.isDirectory() || folder.name.startsWith(".")) return [];
  try {
    const text = readFileSync(`${root}/${folder.name}/.SRCINFO`, "utf8");
    return [relationsOf(folder.name, parseSrcinfo(text), fields)];
  } catch {
    // One package has none.
    return [];
  }
});
process.stdout.write(treeFormats.json(buildTree(relations)));
