import { execFileSync } from "node:child_process";

/** Whether npm's registry can be reached; tests that install skip without it. */
export function registryReachable(): boolean {
  try {
    execFileSync("npm", ["view", "semver", "version"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
