import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingPrograms } from "./world/programs.ts";

const unit = readFileSync("contrib/pacman/sluice.service", "utf8");
const settings = new Map(
  unit.split("\n").flatMap((line) => {
    const [, key, value] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value] as const];
  }),
);

test.skipIf(missingPrograms("systemd-analyze").length > 0)(
  "systemd finds nothing to say about sluice.service, and calls it well protected",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-unit-"));
    const file = join(folder, "sluice.service");
    try {
      // It also looks whether the program is there.
      writeFileSync(file, unit.replace("/usr/bin/sluice", process.execPath));
      const analyze = (...args: string[]): unknown => {
        const { stdout, stderr, status } = spawnSync("systemd-analyze", [...args, file], {
          encoding: "utf8",
        });
        return {
          said: `${stdout}${stderr}`.split("\n").filter((line) => line.includes("sluice.service:")),
          status,
        };
      };
      expect(analyze("verify", "--man=no", "--recursive-errors=no")).toEqual({ said: [], status: 0 });
      // Of 100: what isn't set is what bubblewrap and recipes need.
      expect(analyze("security", "--offline=true", "--threshold=45")).toMatchObject({ status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("sluice.service sets nothing that keeps bubblewrap from isolating builds, and says why of each", () => {
  const forbidden = `RestrictNamespaces ProtectHostname ProtectKernelTunables ProtectKernelLogs ProcSubset
    MemoryDenyWriteExecute RestrictSUIDSGID SystemCallArchitectures LockPersonality UMask`.split(/\s+/);
  expect(forbidden.filter((key) => settings.has(key))).toEqual([]);
  expect(forbidden.filter((key) => !unit.includes(`${key}=`))).toEqual([]);
  expect(settings.get("RestrictAddressFamilies")).toContain("AF_NETLINK");
  expect(settings.get("SystemCallFilter")).not.toContain("@mount");
});

test("the service, its user and its folder agree", () => {
  const user = settings.get("User");
  const home = `/var/lib/${settings.get("StateDirectory")}`;
  expect(readFileSync("contrib/pacman/sluice.sysusers", "utf8")).toMatch(
    new RegExp(`^u ${user} - ".*" ${home}$`, "m"),
  );
  expect(readFileSync("contrib/pacman/sluice.tmpfiles", "utf8")).toMatch(
    new RegExp(`^d ${home} ${settings.get("StateDirectoryMode")} ${user} ${user}$`, "m"),
  );
  expect(settings.get("ExecStart")).toContain(`--root ${home}/workspace`);
});
