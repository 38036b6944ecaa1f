import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callerIsRoot } from "./owner.ts";

/**
 * An empty folder for one job, named after this process; those of processes that were killed are removed.
 * Below /tmp the unprivileged user can get to it, wherever root's TMPDIR is.
 */
export function privateFolder(): string {
  const temporary = callerIsRoot() ? "/tmp" : tmpdir();
  // Process ids mean something within one pid namespace alone, and /tmp may be shared between some.
  const prefix = `sluice-job-${/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0]}-`;
  for (const name of readdirSync(temporary).filter((name) => name.startsWith(prefix))) {
    const caller = name.slice(prefix.length).split("-")[0] ?? "";
    if (!existsSync(`/proc/${caller}`)) rmSync(join(temporary, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(temporary, `${prefix}${process.pid}-`));
}
