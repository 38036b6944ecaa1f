import { fileURLToPath } from "node:url";

/** The folder of this Sluice, with its package.json and template; the same for `tools/` and `dist/`. */
export const packageRoot = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
