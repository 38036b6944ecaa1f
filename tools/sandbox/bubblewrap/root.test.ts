import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bubblewrap } from "./bubblewrap.ts";
import { limits, makeField } from "../contract/field.ts";
import { probeBubblewrap } from "./probe.ts";

const sandbox = bubblewrap();
const base = mkdtempSync(join(tmpdir(), "sluice-root-"));
const root = join(base, "root");
const { run } = makeField(sandbox, base, "");

beforeAll(() => {
  chmodSync(base, 0o755);
  for (const folder of ["etc", "tmp", "var/tmp", "var/lib/pacman", "opt", "proc", "dev"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const program of ["bash", "sh", "env", "prlimit", "tar", "grep", "cat", "touch", "id", "ls"])
    install(program);
  for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nhttp:x:33:33::/:/bin/false\n");
  if (process.getuid?.() === 0)
    execFileSync("chown", ["-R", `${sandbox.owner.uid}:${sandbox.owner.gid}`, root]);
});
afterAll(() => rmSync(base, { recursive: true }));

/** Copies a program and the libraries that it loads to where they are on the host. */
function install(program: string): void {
  const path = join("/usr/bin", program);
  const libraries = execFileSync("ldd", [path], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const file of [path, ...[...libraries].map(([, library]) => usr(library ?? ""))]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    if (!existsSync(join(root, file))) copyFileSync(file, join(root, file));
  }
}

/** /lib is /usr/lib on every system that pacman or we care for. */
function usr(path: string): string {
  return path.startsWith("/usr") ? path : `/usr${path}`;
}

describe.skipIf(probeBubblewrap())("a root of the job's own", () => {
  test("is there instead of the host's programs, and can't be written by a build", async () => {
    const ran = await run(
      "ls /usr/bin | cat; cat /etc/passwd; id; touch /opt/x /var/x /usr/bin/x; touch /tmp/y && echo y",
      {
        root: { folder: root, writable: false },
        mounts: [{ source: base, target: "/var/lib/pacman", writable: false }],
      },
    );
    expect(ran.stdout).not.toContain("python");
    expect(ran.stdout).toMatch(/http:x:33.*\nbuilder:x:/);
    expect(ran.stdout).toMatch(/\(builder\).*\ny\n$/);
    expect([ran.stderr.match(/Read-only/g)?.length, existsSync(join(root, "opt/x"))]).toEqual([3, false]);
  });

  test("can be changed by root of the sandbox, whose files belong to the sandbox's user", async () => {
    const ran = await run("id -u; touch /opt/installed", {
      root: { folder: root, writable: true },
      user: "root",
      limits,
    });
    expect(ran.stdout).toBe("0\n");
    expect(existsSync(join(root, "opt/installed"))).toBe(true);
  });
});
