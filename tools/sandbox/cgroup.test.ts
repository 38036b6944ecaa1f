import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cgroupParent, makeCgroup } from "./cgroup.ts";

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "sluice-cgroup-"))));
afterEach(() => rmSync(root, { recursive: true }));

/** As the kernel shows it: who hands which controllers on to its children. */
function hierarchy(groups: Record<string, string>): void {
  for (const [path, controllers] of Object.entries(groups)) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "cgroup.subtree_control"), `${controllers}\n`);
  }
}

const mounts = () => `proc /proc proc rw 0 0\ncgroup2 ${root} cgroup2 rw,nosuid 0 0\n`;
