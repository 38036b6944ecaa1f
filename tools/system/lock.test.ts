import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../test/world/programs.ts";
import { underLock } from "./lock.ts";

const home = mkdtempSync(join(tmpdir(), "sluice-lock-"));
afterAll(() => rmSync(home, { recursive: true }));
const file = join(home, "lock");
const missing = missingPrograms("flock");

describe.skipIf(missing.length > 0)(`a lock (needs ${missing.join(", ") || "nothing more"})`, () => {
  test("lets one work after the other", async () => {
    const said: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      said.push(`${name} begins`);
      await new Promise(setImmediate);
      said.push(`${name} ends`);
    };
    await Promise.all(["a", "b", "c"].map((name) => underLock(file, 10, work(name))));
    for (const name of ["a", "b", "c"]) {
      expect(said.indexOf(`${name} ends`)).toBe(said.indexOf(`${name} begins`) + 1);
    }
  });

  test("is free again when the work throws, and gives its result otherwise", async () => {
    await expect(underLock(file, 0, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await underLock(file, 0, async () => 42)).toBe(42);
  });

  test("of a live process says who holds it, and is free the moment that process is killed", async () => {
    const script = `
      import { underLock } from "${join(import.meta.dirname, "../../dist/system/lock.js")}";
      await underLock(process.argv[1], 0, () => new Promise(() => process.stdout.write("held")));
    `;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", script, file], {
      stdio: "pipe",
    });
    await once(holder.stdout, "data");
    await expect(underLock(file, 0, async () => undefined)).rejects.toMatchObject({
      code: "locked",
      message: expect.stringMatching(new RegExp(`changed by process ${holder.pid} since 20`)),
    });
    holder.kill("SIGKILL");
    expect(await underLock(file, 10, async () => "free")).toBe("free");
  });

  test("in a folder that isn't there is an error that names it", async () => {
    await expect(underLock(join(home, "gone/lock"), 0, async () => undefined)).rejects.toMatchObject({
      code: "lock-failed",
      facts: { path: join(home, "gone/lock") },
    });
  });
});

test("without flock the program that is missing is named", async () => {
  const path = process.env.PATH;
  process.env.PATH = home;
  await expect(
    underLock(file, 0, async () => undefined).finally(() => (process.env.PATH = path)),
  ).rejects.toMatchObject({
    code: "program-missing",
    facts: { program: "flock" },
  });
});
