import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makeRepository } from "./repository.ts";
import { sluice } from "./sluice.ts";

/** A person's clone of a workspace and the bare repository it pushes to, both real. */
export class ScratchWorkspace {
  readonly base = mkdtempSync(join(tmpdir(), "sluice-test-"));
  readonly origin = join(this.base, "origin.git");
  readonly dir = join(this.base, "clone");

  /** @param like what it begins with, instead of being empty */
  constructor(like?: ScratchWorkspace) {
    if (like) {
      cpSync(like.origin, this.origin, asItIs);
      cpSync(like.dir, this.dir, asItIs);
      const config = join(this.dir, ".git/config");
      writeFileSync(config, readFileSync(config, "utf8").replace(like.origin, this.origin));
      return;
    }
    makeRepository(this.origin, { bare: true, config: "[receive]\n\tadvertisePushOptions = true\n" });
    const remote = `[remote "origin"]\n\turl = ${this.origin}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
    makeRepository(this.dir, { config: remote });
    this.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\n");
    this.write(".gitignore", ".ci/schedule.json\n.ci/schedule-params.txt\n.ci/deptree.txt\n");
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return execFileSync("git", ["-C", this.dir, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  }

  /** Another clone of the repository it pushes to. */
  clone(name: string): string {
    const folder = join(this.base, name);
    execFileSync("git", ["clone", "-q", this.origin, folder], { stdio: "pipe" });
    return folder;
  }

  atOrigin(...args: string[]): string {
    return execFileSync("git", ["-C", this.origin, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
  }

  write(path: string, text: string | Uint8Array, mode?: number): void {
    const file = join(this.dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (mode !== undefined) chmodSync(file, mode);
  }

  delete(path: string): void {
    rmSync(join(this.dir, path), { recursive: true });
  }

  read(path: string): string {
    return readFileSync(join(this.dir, path), "utf8");
  }

  /** Writes a package with the least that makes one. */
  addPackage(pkgbase: string, srcinfo: SrcinfoParts = {}): void {
    this.write(`packages/${pkgbase}/PKGBUILD`, pkgbuildText(pkgbase, srcinfo));
    this.write(`packages/${pkgbase}/.SRCINFO`, srcinfoText(pkgbase, srcinfo));
  }

  /** Writes a package that makepkg can build: each pkgname holds `/usr/share/<pkgname>/hello`, which is its version. */
  addRecipe(pkgbase: string, recipe: Recipe = {}): void {
    const { pkgver = "1", pkgnames = [pkgbase], depends = [], makedepends = [], lines = "" } = recipe;
    const { arch = ["any"] } = recipe;
    const functions = pkgnames.map(
      (name) =>
        `package_${name}() {\n  install -d "$pkgdir/usr/share/${name}"\n  echo "$pkgver" > "$pkgdir/usr/share/${name}/hello"\n}\n`,
    );
    this.write(
      `packages/${pkgbase}/PKGBUILD`,
      `pkgbase='${pkgbase}'\npkgname=(${quoted(pkgnames)})\npkgver=${pkgver}\npkgrel=1\npkgdesc='${pkgbase}'\n` +
        `arch=(${quoted(arch)})\nlicense=('0BSD')\ndepends=(${quoted(depends)})\nmakedepends=(${quoted(makedepends)})\n${lines}\n${functions.join("\n")}`,
    );
    const relations = [
      ...depends.map((name) => `depends = ${name}`),
      ...makedepends.map((name) => `makedepends = ${name}`),
    ];
    this.write(
      `packages/${pkgbase}/.SRCINFO`,
      srcinfoText(pkgbase, { pkgver, pkgnames, arch, lines: relations }),
    );
  }

  commit(message: string): string {
    this.git("add", "-A");
    this.git("commit", "-q", "--allow-empty", "-m", message);
    return this.#head() ?? this.git("rev-parse", "HEAD");
  }

  /** Read from the files, where they say it. */
  #head(): string | undefined {
    const folder = join(this.dir, ".git");
    const [, ref] = /^ref: (.*)$/m.exec(readFileSync(join(folder, "HEAD"), "utf8")) ?? [];
    const file = join(folder, ref ?? "");
    return ref !== undefined && existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }

  /**
   * Commits everything, pushes it, and says that all of it has been scheduled. What is in the origin after a push is
   * put there without starting Git: tests do it hundreds of times.
   */
  publishScheduled(message = "start"): string {
    const id = this.commit(message);
    const own = join(this.dir, ".git");
    cpSync(join(own, "objects"), join(this.origin, "objects"), { ...asItIs, force: false });
    const refs = [
      [this.origin, "refs/heads/main"],
      [own, "refs/remotes/origin/main"],
      [this.origin, "refs/tags/scheduled"],
      [own, "refs/tags/scheduled"],
    ] as const;
    for (const [folder, ref] of refs) {
      mkdirSync(dirname(join(folder, ref)), { recursive: true });
      writeFileSync(join(folder, ref), `${id}\n`);
    }
    return id;
  }

  /** The commit that the origin's tag `scheduled` points to, or "". */
  scheduled(): string {
    return this.atOrigin("for-each-ref", "--format=%(objectname)", "refs/tags/scheduled");
  }

  /** Pushes what is committed, as a person does before a pipeline runs, and runs `sluice on-commit`. */
  onCommit(env: Record<string, string> = {}): ReturnType<typeof sluice> {
    if (this.git("remote") !== "") this.git("push", "-q", "-f", "origin", "HEAD:refs/heads/main");
    return this.sluice(["on-commit"], env);
  }

  sluice(args: readonly string[], env: Record<string, string> = {}): ReturnType<typeof sluice> {
    return sluice(args, { cwd: this.dir, env });
  }
}

const asItIs = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(" ");

interface Recipe {
  readonly pkgver?: string;
  readonly pkgnames?: readonly string[];
  readonly depends?: readonly string[];
  readonly makedepends?: readonly string[];
  /** Default: any. */
  readonly arch?: readonly string[];
  /** Further lines of the PKGBUILD, such as `build() { false; }`. */
  readonly lines?: string;
}

interface SrcinfoParts {
  readonly pkgver?: string;
  readonly arch?: readonly string[];
  readonly pkgnames?: readonly string[];
  /** Further lines of the pkgbase section, `depends = foo`. */
  readonly lines?: readonly string[];
}

/** The recipe that `srcinfoText` is of. */
export function pkgbuildText(
  pkgbase: string,
  { pkgver = "1", pkgnames = [pkgbase], arch = ["any"], lines = [] }: SrcinfoParts = {},
): string {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const [field = "", value = ""] = line.split(/ = (.*)/s);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  const arrays = [...fields].map(([field, values]) => `${field}=(${quoted(values)})\n`);
  return `pkgbase=${pkgbase}\npkgname=(${quoted(pkgnames)})\npkgver=${pkgver}\npkgrel=1\narch=(${arch.join(" ")})\n${arrays.join("")}`;
}

export function srcinfoText(
  pkgbase: string,
  { pkgver = "1", pkgnames, arch = ["any"], lines = [] }: SrcinfoParts = {},
): string {
  const archs = arch.map((name) => `arch = ${name}`);
  const base = [`pkgver = ${pkgver}`, "pkgrel = 1", ...archs, ...lines].map((line) => `\t${line}\n`);
  const packages = (pkgnames ?? [pkgbase]).map((name) => `\npkgname = ${name}\n`);
  return `pkgbase = ${pkgbase}\n${base.join("")}${packages.join("")}`;
}
