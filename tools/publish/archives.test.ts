import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../test/world/programs.ts";
import { packArchive } from "./archives.ts";
import type { StoredFile } from "./publisher.ts";

const missing = missingPrograms("tar", "xz", "bsdtar");
const folder = mkdtempSync(join(tmpdir(), "sluice-archives-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

function files(order: readonly string[]): StoredFile[] {
  const base = join(folder, `files-${count++}`);
  mkdirSync(base);
  return order.map((path): StoredFile => {
    const file = join(base, path.replaceAll("/", "-"));
    writeFileSync(file, `${path}\n`);
    chmodSync(file, 0o600 + count);
    utimesSync(file, count * 1000, count * 1000);
    return { path, file, sha256: "", bytes: path.length + 1, isExecutable: path.startsWith("bin/") };
  });
}

async function pack(name: string, order: readonly string[]): Promise<readonly StoredFile[]> {
  const into = join(folder, `packed-${count++}`);
  mkdirSync(into);
  return packArchive({ file: name }, files(order), into, 1_700_000_000);
}

describe.skipIf(missing.length > 0)(`an archive (needs ${missing.join(", ") || "nothing more"})`, () => {
  test.each(["main-x86_64.tar.xz", "main-x86_64.zip"])(
    "%s has the same bytes each time, a folder of its own, and a digest that sha256sum takes",
    async (name) => {
      const [first, sums] = await pack(name, ["README.md", "bin/main", "lib/x.so"]);
      const [second] = await pack(name, ["lib/x.so", "bin/main", "README.md"]);
      expect(first!.sha256).toBe(second!.sha256);
      expect([sums!.path, readFileSync(sums!.file, "utf8")]).toEqual([
        `${name}.sha256`,
        `${first!.sha256}  ${name}\n`,
      ]);
      const listing = execFileSync("bsdtar", ["-tvf", first!.file, "--numeric-owner"], { encoding: "utf8" });
      const lines = listing
        .trim()
        .split("\n")
        .map((line) => line.replace(/ +/g, " ").split(" "));
      expect(lines.map((line) => [line[0], line.at(-1)])).toEqual([
        ["drwxr-xr-x", "main-x86_64/"],
        ["-rw-r--r--", "main-x86_64/README.md"],
        ["drwxr-xr-x", "main-x86_64/bin/"],
        ["-rwxr-xr-x", "main-x86_64/bin/main"],
        ["drwxr-xr-x", "main-x86_64/lib/"],
        ["-rw-r--r--", "main-x86_64/lib/x.so"],
      ]);
    },
  );
});
