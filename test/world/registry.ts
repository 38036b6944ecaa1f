import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether npm's registry can be reached; tests that install skip without it. Asked once per run. */
export function registryReachable(): boolean {
  const known = join(tmpdir(), "registry");
  if (!existsSync(known)) writeFileSync(known, String(askRegistry()));
  return readFileSync(known, "utf8") === "true";
}

function askRegistry(): boolean {
  try {
    execFileSync("npm", ["view", "semver", "version"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
