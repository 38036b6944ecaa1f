import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test.each([
  ["the own group, where it hands memory and pids on", { own: "cpu memory pids", "": "memory pids" }, "own"],
  [
    "the nearest above it, as with systemd's DelegateSubgroup",
    { "a/own": "", a: "memory pids", "": "" },
    "a",
  ],
  [
    "none where memory isn't delegated, as in a container or a login session",
    { own: "pids", "": "cpu" },
    undefined,
  ],
  ["none where nothing but processes is delegated", { own: "pids" }, undefined],
])("groups are made in %s", (_, groups, expected) => {
  hierarchy(groups);
  const [own = ""] = Object.keys(groups);
  const parent = cgroupParent(mounts(), `1:name=systemd:/x\n0::/${own}\n`, () => true);
  expect(parent).toBe(expected === undefined ? undefined : join(root, expected));
});

test("without cgroup version 2 there is none", () => {
  expect(
    cgroupParent("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n", "4:memory:/x\n"),
  ).toBeUndefined();
});

test("a group holds memory, files included, kills as a whole, and tells why", () => {
  const group = makeCgroup(root, {
    seconds: 1,
    graceSeconds: 1,
    memoryBytes: 1000,
    outputBytes: 500,
    processes: 10,
  });
  const folder = join(group.procs, "..");
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  expect([read("memory.max"), read("memory.oom.group"), read("pids.max")]).toEqual(["1500", "1", "14"]);
  writeFileSync(join(folder, "memory.events"), "low 0\nmax 9\noom 1\noom_kill 0\n");
  expect(group.outOfMemory()).toBe(false);
  writeFileSync(join(folder, "memory.events"), "low 0\nmax 9\noom 1\noom_kill 2\n");
  expect(group.outOfMemory()).toBe(true);
});

test("groups of callers that were killed are taken away", () => {
  const dead = spawnSync("true").pid;
  mkdirSync(join(root, `sluice-${dead}-abc`));
  mkdirSync(join(root, `sluice-${process.pid}-abc`));
  makeCgroup(root, { seconds: 1, graceSeconds: 1, memoryBytes: 1, outputBytes: 1, processes: 1 });
  const left = readdirSync(root).map((name) => name.split("-")[1]);
  expect(left).toEqual([String(process.pid), String(process.pid)]);
});
