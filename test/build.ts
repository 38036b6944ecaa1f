import { execFileSync } from "node:child_process";

/** End-to-end tests run the built program; building is incremental and takes well under a second. */
export default function build(): void {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
    stdio: "inherit",
  });
}
