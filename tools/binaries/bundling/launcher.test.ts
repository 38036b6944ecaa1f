import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import { readElf } from "../elf.ts";
import { inMemory } from "../../alpm/file-bytes.ts";
import { launcherFor, natives, type Launch } from "./launcher.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-launcher-"));
afterAll(() => rmSync(folder, { recursive: true }));

const launch: Launch = { loader: "../lib/ld", libraries: "../lib", program: ".it's app-bin" };

/** In the place of a loader: says how it was called. */
const loader = "#!/bin/sh\nprintf '<%s>' \"$@\"\n";

function installed(name: string, machine: string): string {
  const base = join(folder, name);
  for (const inner of ["bin", "lib"]) mkdirSync(join(base, inner), { recursive: true });
  writeFileSync(join(base, "lib/ld"), loader);
  writeFileSync(join(base, "bin/app"), launcherFor(machine, launch));
  for (const file of ["lib/ld", "bin/app"]) chmodSync(join(base, file), 0o755);
  return base;
}

const run = (file: string, ...args: string[]): string =>
  execFileSync(file, args, { encoding: "utf8", cwd: "/" });

const called = (base: string, argv0: string, ...more: string[]): string =>
  ["--library-path", "$ORIGIN/../lib", "--argv0", argv0, `${base}/bin/${launch.program}`, ...more]
    .map((text) => `<${text}>`)
    .join("");

describe.each([
  ["x86_64", "as", "objcopy"],
  ["aarch64", "aarch64-linux-gnu-as", "aarch64-linux-gnu-objcopy"],
])("the launcher for %s", (machine, assembler, copier) => {
  const missing = missingPrograms(assembler, copier);
  test.skipIf(missing.length > 0 || (machine === "x86_64" && process.arch !== "x64"))(
    `is what the assembler makes of its source (needs ${missing.join(", ") || "nothing more"})`,
    () => {
      const [object, code] = [join(folder, `${machine}.o`), join(folder, `${machine}.bin`)];
      execFileSync(assembler, ["-o", object, join(import.meta.dirname, `launcher-${machine}.s`)]);
      execFileSync(copier, ["--output-target=binary", "--only-section=.text", object, code]);
      expect(natives.get(`${machine}-64`)?.code).toBe(readFileSync(code, "base64"));
    },
  );

  test("is a program that needs no loader", () => {
    expect(readElf(inMemory(launcherFor(`${machine}-64`, launch)))).toBeUndefined();
  });
});

describe.each([
  ["a native launcher", "x86_64-64", process.arch === "x64"],
  ["a launcher for other machines", "riscv-64", true],
])("%s", (name, machine, isRunnable) => {
  test.skipIf(!isRunnable)("finds what lies beside it from anywhere, and hands on every argument", () => {
    const base = installed(`${name} $(true)`, machine);
    const app = join(base, "bin/app");
    expect(run(app, "a b", "", "*")).toBe(called(base, app, "a b", "", "*"));
    const link = join(folder, `${machine}-link`);
    symlinkSync(app, `${link}-1`);
    symlinkSync(`${machine}-link-1`, link);
    expect(run(link)).toBe(called(base, link));
    const many = Array.from({ length: 20_000 }, (_, index) => String(index));
    expect(run(app, ...many)).toBe(called(base, app, ...many));
  });
});

test.skipIf(process.arch !== "x64")("a launcher without its archive says what it can't run", () => {
  const base = installed("alone", "x86_64-64");
  rmSync(join(base, "lib"), { recursive: true });
  const { status, stderr } = spawnSync(join(base, "bin/app"), { encoding: "utf8" });
  expect([status, stderr]).toEqual([127, `${base}/bin/../lib/ld can't be run\n`]);
});

const qemu = missingPrograms("qemu-aarch64-static");
test.skipIf(qemu.length > 0)(
  `the launcher for aarch64 runs the same (needs ${qemu.join("") || "nothing more"})`,
  () => {
    const base = installed("other", "aarch64-64");
    const app = join(base, "bin/app");
    // The kernel starts the stand-in for the loader, which is a script.
    expect(run("qemu-aarch64-static", app, "a b", "c")).toBe(called(base, app, "a b", "c"));
  },
);
