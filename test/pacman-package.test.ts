import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { giveTo, packagedSluice, type PackagedSluice } from "./world/packaged-sluice.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms("makepkg", "pacman", "fakeroot", "bsdtar");
const asService = serviceProblems();
const read = (path: string): string => readFileSync(path, "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };

describe.skipIf(missing.length > 0)(
  `Sluice as a pacman package (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let packaged: PackagedSluice;
    let installed: string;
    let records: string;
    const inRoot = (path: string): string => read(join(packaged.root, path));

    beforeAll(() => {
      packaged = packagedSluice();
      installed = join(packaged.root, "usr/lib/node_modules/sluice");
      records = join(packaged.root, "var/lib/pacman/local", `sluice-${version}.r1-1`);
    });
    afterAll(() => packaged.remove());

    test("runs from where pacman puts it, and finds what it brings along", () => {
      const sluice = join(packaged.root, "usr/bin/sluice");
      const run = (...args: string[]): string => execFileSync(sluice, args, { cwd: "/", encoding: "utf8" });
      expect(run("--version")).toContain(version);
      expect(run("completion", "bash")).toBe(read("completion/sluice.bash"));
      // The queue's library is one of this kind of machine, and the grammar of bash is WebAssembly.
      execFileSync(process.execPath, ["--input-type=module", "--eval", loadAll], { cwd: installed });
    });

    test.skipIf(asService.length > 0)(
      `builds, signs and publishes with as few rights as its service has (needs ${asService.join(", ") || "nothing more"})`,
      () => {
        const { base, root, user } = packaged;
        const workspace = join(base, "workspace");
        // The last one's build has the other two installed, as a layer over /usr.
        for (const name of ["sluice-hello", "sluice-mirrorlist", "sluice-greeter"]) {
          cpSync(join("packages", name), join(workspace, "packages", name), { recursive: true });
        }
        const git = (...args: string[]): Buffer => execFileSync("git", ["-C", workspace, ...args]);
        git("init", "-q", "-b", "main");
        git("add", "-A");
        git("commit", "-q", "-m", "hello");
        giveTo(workspace, user.uid);
        const up = [join(root, "usr/bin/sluice"), "up", "--once", "--root", workspace];
        const command = ["--mount", "--propagation", "private", "sh", "-c", withFewRights, "sh", base, ...up];
        const env = { PATH: process.env["PATH"], HOME: base, TMPDIR: base };
        execFileSync("unshare", command, { env, stdio: "pipe" });
        expect(readdirSync(join(workspace, ".sluice/repositories/sluice/x86_64"))).toEqual(
          expect.arrayContaining([
            "sluice.db",
            "sluice.db.sig",
            "sluice-greeter-1.0.0-1-any.pkg.tar.zst.sig",
          ]),
        );
      },
    );

    test("has the release's version, with a number that rises with each commit", () => {
      expect(read(join(records, "desc"))).toContain(`%VERSION%\n${version}.r1-1\n`);
    });

    test("holds what runs, and nothing of what builds or tests it", () => {
      const { packages } = JSON.parse(read("package-lock.json")) as {
        packages: Record<string, { dev?: boolean }>;
      };
      const brought = readdirSync(installed, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith("/package.json") && dirname(path) in packages)
        .map((path) => dirname(path));
      expect(brought.length).toBeGreaterThan(50);
      expect(brought.filter((path) => packages[path]?.dev)).toEqual([]);
      for (const path of ["tools", "test", ".git", "node_modules/typescript", "dist/.tsbuildinfo"]) {
        expect(existsSync(join(installed, path)), path).toBe(false);
      }
    });

    test("has the man page and the shells' completions where man and the shells look", () => {
      const page = execFileSync("gzip", ["-dc", join(packaged.root, "usr/share/man/man1/sluice.1.gz")]);
      expect(page.toString()).toBe(read("docs/sluice.1"));
      for (const [path, from] of Object.entries({
        "bash-completion/completions/sluice": "completion/sluice.bash",
        "zsh/site-functions/_sluice": "completion/sluice.zsh",
        "fish/vendor_completions.d/sluice.fish": "completion/sluice.fish",
        "licenses/sluice/LICENSE": "LICENSE",
      })) {
        expect(inRoot(`usr/share/${path}`), path).toBe(read(from));
      }
    });

    test("has its service, the user of that, and settings that only root reads and an upgrade keeps", () => {
      for (const [path, from] of Object.entries({
        "systemd/system/sluice.service": "sluice.service",
        "sysusers.d/sluice.conf": "sluice.sysusers",
        "tmpfiles.d/sluice.conf": "sluice.tmpfiles",
      })) {
        expect(inRoot(`usr/lib/${path}`), path).toBe(read(`contrib/pacman/${from}`));
      }
      expect(statSync(join(packaged.root, "etc/sluice/sluice.env")).mode & 0o777).toBe(0o600);
      expect(read(join(records, "files"))).toMatch(/^%BACKUP%\netc\/sluice\/sluice.env\t/m);
    });

    test("belongs to root in all its files", () => {
      const list = execFileSync("bsdtar", ["-tvf", packaged.file], { encoding: "utf8", maxBuffer: 2 ** 26 });
      const owners = list.trim().split("\n");
      expect([...new Set(owners.map((line) => line.split(/\s+/).slice(2, 4).join(":")))]).toEqual([
        "root:root",
      ]);
    });
  },
);

/**
 * What sluice.service sets, as far as it goes without systemd: ProtectSystem=strict, ProtectHome=, NoNewPrivileges=,
 * CapabilityBoundingSet= and User=. The first argument is the folder that may be written, the rest the command.
 */
const withFewRights = `
set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro /
mount -t tmpfs -o ro,mode=000 none /root
mount -t tmpfs -o ro,mode=000 none /home
shift
exec setpriv --reuid=1500 --regid=1500 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
`;

function serviceProblems(): string[] {
  const problems = missingPrograms(...publishingPrograms, "unshare", "setpriv");
  if (process.getuid?.() !== 0) problems.push("root, who gives up rights as systemd does");
  if (probeBubblewrap()) problems.push("a working bubblewrap");
  return problems;
}

const loadAll = `
  import { DatabaseSync } from "@photostructure/sqlite";
  import { createRequire } from "node:module";
  new DatabaseSync(":memory:").close();
  createRequire(import.meta.url).resolve("tree-sitter-bash/tree-sitter-bash.wasm");
`;
