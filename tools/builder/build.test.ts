import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openGit } from "../git/git.ts";
import { bubblewrap } from "../sandbox/bubblewrap.ts";
import { probeBubblewrap } from "../sandbox/probe.ts";
import { listFolders, readFolders } from "../workspace/commit.ts";
import { parseWorkspace } from "../workspace/workspace.ts";
import { buildPackage, type BuildResult } from "./build.ts";
import { openLog } from "./log.ts";

const base = mkdtempSync(join(tmpdir(), "sluice-builder-"));
afterAll(() => rmSync(base, { recursive: true }));

const missing = ["makepkg", "fakeroot", "bsdtar", "zstd"].filter(
  (name) => spawnSync("which", [name]).status !== 0,
);
const cannot = missing.length > 0 || probeBubblewrap() !== undefined;

async function build(pkgbase: string): Promise<{ result: BuildResult; log: string }> {
  const git = openGit(process.cwd(), process.env);
  const commit = await git.text(["rev-parse", "HEAD"]);
  const {
    packages,
    packagesDir,
    config: settings,
  } = parseWorkspace(await readFolders(git, await listFolders(git, commit)));
  const { srcinfo, config } = packages.get(pkgbase)!;
  const folder = mkdtempSync(join(base, "build-"));
  const log = openLog(join(base, "logs", `${pkgbase}.log`));
  const result = await buildPackage(
    {
      pkgbase,
      git,
      commit,
      path: `${packagesDir}/${pkgbase}`,
      arch: "x86_64",
      srcinfo,
      config,
      settings,
      published: { entries: [], folder: base },
      pacmanConf: "/etc/pacman.conf",
      folder,
      sourceCache: join(base, "cache", pkgbase),
    },
    bubblewrap(),
    log,
  );
  log.close();
  return { result, log: readFileSync(log.path, "utf8") };
}

mkdirSync(join(base, "logs"), { recursive: true });

test
  .skipIf(cannot)
  .each(["sluice-hello", "sluice-docs", "sluice-mirrorlist", "sluice-stamp", "sluice-tweaked"])(
  "%s of this repository is built in the sandbox",
  async (pkgbase) => {
    const { result, log } = await build(pkgbase);
    expect(result, log).toMatchObject({ kind: "built" });
    const files = result.kind === "built" ? result.files : [];
    for (const file of files) {
      expect(execFileSync("bsdtar", ["-xOqf", file, ".PKGINFO"], { encoding: "utf8" })).toContain(
        `pkgbase = ${pkgbase}`,
      );
    }
  },
);
