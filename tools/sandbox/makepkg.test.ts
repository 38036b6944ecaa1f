import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bubblewrap } from "./bubblewrap/bubblewrap.ts";
import { host } from "./host.ts";
import { probeBubblewrap } from "./bubblewrap/probe.ts";
import type { Sandbox } from "./sandbox.ts";

const base = mkdtempSync(join(tmpdir(), "sluice-makepkg-"));
afterAll(() => rmSync(base, { recursive: true }));
chmodSync(base, 0o755);

const recipe = join(base, "recipe");
mkdirSync(recipe);
writeFileSync(join(recipe, "greeting.txt"), "hello\n");
writeFileSync(
  join(recipe, "PKGBUILD"),
  `pkgname=greeting
pkgver=1.0
pkgrel=1
arch=(any)
license=(MIT)
source=(greeting.txt)
sha256sums=(5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03)
check() { ! (: < /dev/tcp/1.1.1.1/80) 2>/dev/null; python3 -c 'print("python")'; git --version; gpg --version; }
package() {
  install -Dm644 greeting.txt "$pkgdir/usr/share/greeting.txt"
  chown 33:33 "$pkgdir/usr/share/greeting.txt"
}
`,
);

const theFile = /^-rw-r--r--\s+\d+\s+(33|www-data)\s+(33|www-data)\s.*usr\/share\/greeting\.txt$/m;

const programs = ["makepkg", "fakeroot", "bsdtar", "zstd", "git", "gpg", "python3"];
const missing = programs.filter((program) => spawnSync("which", [program]).status !== 0);

describe.skipIf(missing.length > 0)(
  `makepkg${missing.map((program) => `, ${program} missing`).join("")}`,
  () => {
    test.skipIf(probeBubblewrap())("builds in bubblewrap, without network, owners kept", async () => {
      expect(await build(bubblewrap())).toMatch(theFile);
    });
    test("builds on the host", async () => {
      expect(await build(host())).toMatch(theFile);
    });
  },
);

/** What the package holds: one line per file, with its owner. */
async function build(sandbox: Sandbox): Promise<string> {
  const into = mkdtempSync(join(base, "packages-"));
  let log = "";
  const result = await sandbox.run({
    command: ({ scratch, home, tmp, at }) => ({
      argv: [
        "/bin/bash",
        "-c",
        `cp -r "${at("/recipe")}" recipe && cd recipe && mkdir "$PKGDEST" && exec makepkg --nodeps --noconfirm`,
      ],
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        HOME: home,
        TMPDIR: tmp,
        PKGDEST: join(scratch, "packages"),
        PKGEXT: ".pkg.tar.zst",
        LC_ALL: "C.UTF-8",
      },
      cwd: scratch,
    }),
    mounts: [{ source: recipe, target: "/recipe", writable: false }],
    user: "builder",
    network: false,
    limits: { seconds: 60, graceSeconds: 2, memoryBytes: 2 ** 30, processes: 200, outputBytes: 2 ** 28 },
    collect: { from: "packages", into },
    onOutput: (chunk) => void (log += chunk.toString()),
  });
  if (result.outcome.kind !== "exited" || result.outcome.code !== 0) throw new Error(log);
  const packages = result.collected.map((name) => join(into, name));
  return execFileSync("bsdtar", ["-tvf", ...packages], { encoding: "utf8" });
}
