// `npm run docs`
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";
import { generatedDocuments } from "./generated.ts";

for (const [path, text] of generatedDocuments()) writeFileSync(join(packageRoot, path), text);
