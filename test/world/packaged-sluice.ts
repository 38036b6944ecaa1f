import { execFileSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** This very Sluice, built by makepkg from contrib/pacman and installed by pacman into a root of its own. */
export interface PackagedSluice {
  /** A folder for everything that the test makes; a child of it is the root. */
  readonly base: string;
  readonly root: string;
  readonly file: string;
  /** Who built it, and who may run it: never root. */
  readonly user: { readonly uid: number; readonly gid: number };
  remove(): void;
}

export function packagedSluice(): PackagedSluice {
  const base = mkdtempSync(join(tmpdir(), "sluice-package-"));
  const root = join(base, "root");
  const isRoot = process.getuid?.() === 0;
  const user = isRoot
    ? { uid: 1500, gid: 1500 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const folder = join(base, "clone/contrib/pacman");
  cloneOfThis(join(base, "clone"));
  npmWithoutNetwork(base);
  const settings = join(base, "makepkg.conf");
  writeFileSync(settings, ". /etc/makepkg.conf\nPKGEXT=.pkg.tar\n");
  if (isRoot) giveTo(base, user.uid);

  const env = {
    PATH: `${join(base, "bin")}:${process.env["PATH"]}`,
    HOME: base,
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
  };
  execFileSync("makepkg", ["--nodeps", "--config", settings], { cwd: folder, env, ...user, stdio: "pipe" });
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith(".pkg.tar")) ?? "");
  mkdirSync(join(root, "var/lib/pacman"), { recursive: true });
  const places = ["--root", root, "--dbpath", join(root, "var/lib/pacman"), "--logfile", join(base, "log")];
  const pacman = ["pacman", "-Udd", "--noconfirm", ...places, file];
  execFileSync(isRoot ? "env" : "fakeroot", pacman, { env, stdio: "pipe" });
  return { base, root, file, user, remove: () => rmSync(base, { recursive: true, force: true }) };
}

/** makepkg refuses root. */
export function giveTo(folder: string, uid: number): void {
  chownSync(folder, uid, uid);
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    lchownSync(join(folder, path), uid, uid);
  }
}

/** A repository with this one's files as they are now. */
export function cloneOfThis(folder: string): void {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", list, { encoding: "utf8" }).split("\0");
  for (const path of paths.filter((path) => path !== "" && existsSync(path))) {
    cpSync(path, join(folder, path));
  }
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["add", "-A"],
    ["commit", "-q", "-m", "now"],
  ]) {
    execFileSync("git", ["-C", folder, ...args], { stdio: "pipe" });
  }
}

/** What compiles. The linter and its like are left out: copying them would take longer than all the rest. */
const compiler = [".bin", "typescript", "@typescript", "@types", "undici-types"];

/** An `npm` whose `ci` brings what the set-up installed here. Everything else is npm's own work. */
function npmWithoutNetwork(base: string): void {
  const list = ["ls", "--omit=dev", "--all", "--parseable"];
  const runs = execFileSync("npm", list, { encoding: "utf8" }).trim().split("\n").slice(1);
  for (const path of [...runs, ...compiler.map((name) => join(process.cwd(), "node_modules", name))]) {
    const to = join(base, "installed", relative(process.cwd(), path));
    cpSync(path, to, { recursive: true, verbatimSymlinks: true });
  }
  mkdirSync(join(base, "bin"));
  const script = `#!/bin/sh
case $1 in
  ci) exec mv '${join(base, "installed/node_modules")}' . ;;
  *) PATH='${process.env["PATH"]}' exec npm "$@" ;;
esac
`;
  writeFileSync(join(base, "bin/npm"), script, { mode: 0o755 });
}
