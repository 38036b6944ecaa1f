import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { givenByFiles } from "../tools/binaries/files.ts";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { serveRepositories, type Served } from "../tools/pkgrepo/serving/serve.ts";
import { publishedNeeds } from "../tools/pkgrepo/snapshot.ts";
import { budget, seed } from "./world/budget.ts";
import { cannotBuild } from "./world/building.ts";
import { Compiler, hostGlibc, writeLinkedPackage } from "./world/linked-packages.ts";
import { pacmanClient, type PacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { pick, seededRandom } from "./world/random.ts";
import { ScheduleDays } from "./world/schedule-days.ts";
import {
  madeFromCommit,
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "./world/scratch-repository.ts";
import { srcinfoText } from "./world/workspace.ts";

const missing = [cannotBuild, ...missingPrograms(...publishingPrograms, "gcc", "g++", "pacman-key")].filter(
  Boolean,
);

/** A library as it is now: of the distribution, or of the workspace. */
interface Library {
  readonly name: string;
  /** Who has it. */
  pkgname: string;
  version: number;
  soname: number;
  /** What its function is called by the version of its symbols; undefined: it has none. */
  symbols: number | undefined;
}

interface Package {
  readonly pkgbase: string;
  readonly kind: "library" | "program" | "cpp" | "python" | "perl" | "ruby";
  readonly uses: readonly string[];
  pkgver: number;
  /** What it was linked to when it was built last. */
  linkedTo: readonly string[];
}

/** What a library is to those who are linked to it: they break where this changes. */
const identity = ({ name, soname, symbols }: Library): string => `${name}.so.${soname}@${symbols ?? ""}`;

/** A workspace of small packages, and a distribution beside it that moves. */
class MovingWorld {
  readonly days = new ScheduleDays();
  readonly libraries = new Map<string, Library>();
  readonly packages = new Map<string, Package>();
  readonly languages = { python: 10, perl: 30, ruby: 30 };
  /** pkgbases in the order in which they were built, of the round. */
  built: string[] = [];
  readonly #compiler: Compiler;
  readonly #scratch: ScratchRepository;
  readonly #random: () => number;
  readonly #paths = new Map<string, string>();
  #hour = 0;

  constructor(scratch: ScratchRepository, random: () => number) {
    this.#scratch = scratch;
    this.#random = random;
    this.days.world.write(
      ".ci/config",
      "BUILD_REPO=tiny\nREPO_NAME=scratch\nGIT_AUTHOR_EMAIL=sluice@example.org\nCI_LIB_DB=https://mirror.example.org/dist.db\n",
    );
    this.#compiler = new Compiler(join(scratch.home, "compiled"));
    for (let n = 0; n < 8; n++) this.#library(`libdist${n}`, `dist${n}`);
    for (let n = 0; n < 10; n++) this.#package(`own${n}`, "library", n);
    for (let n = 0; n < 18; n++) this.#package(`app${n}`, n % 3 === 0 ? "cpp" : "program", 10);
    for (const language of ["python", "perl", "ruby"] as const) {
      for (let n = 0; n < 4; n++) this.#package(`${language}-module${n}`, language, 0);
    }
  }

  #library(name: string, pkgname: string, symbols?: number): void {
    this.libraries.set(name, { name, pkgname, version: 1, soname: 1, symbols });
  }

  /** It uses libraries of the distribution, and of the first so many of the workspace. */
  #package(pkgbase: string, kind: Package["kind"], own: number): void {
    const isLanguage = ["python", "perl", "ruby"].includes(kind);
    const candidates = [...Array(8).keys()].map((n) => `libdist${n}`);
    candidates.push(...[...Array(own).keys()].map((n) => `libown${n}`));
    const uses = isLanguage ? [] : [...new Set([0, 1, 2].map(() => pick(candidates, this.#random)))];
    if (kind === "library") this.#library(`lib${pkgbase}`, pkgbase, 1);
    this.packages.set(pkgbase, { pkgbase, kind, uses, pkgver: 1, linkedTo: [] });
    this.#writeRecipe(pkgbase);
  }

  #dependsOf({ kind, uses }: Package): string[] {
    if (kind === "python" || kind === "perl" || kind === "ruby") return [kind];
    return uses.map((name) => this.libraries.get(name)!.pkgname.replace(/-renamed$/, ""));
  }

  #writeRecipe(pkgbase: string): void {
    const pkg = this.packages.get(pkgbase)!;
    const lines = this.#dependsOf(pkg).map((name) => `depends = ${name}`);
    const folder = `packages/${pkgbase}`;
    this.days.world.write(
      `${folder}/PKGBUILD`,
      `pkgname=${pkgbase}\npkgver=${pkg.pkgver}\npkgrel=1\npackage() { :; }\n`,
    );
    this.days.world.write(`${folder}/.SRCINFO`, srcinfoText(pkgbase, { pkgver: String(pkg.pkgver), lines }));
  }

  /** Compiles it against what there is now, and publishes it. */
  async build(...pkgbases: readonly string[]): Promise<void> {
    const builds = pkgbases.map((pkgbase) => {
      const pkg = this.packages.get(pkgbase)!;
      const config = this.days.world
        .atOrigin("ls-tree", "-r", "--name-only", "main")
        .includes(`packages/${pkgbase}/.CI/config`)
        ? this.days.world.atOrigin("show", `main:packages/${pkgbase}/.CI/config`)
        : "";
      const [, bumped, count] = /CI_PACKAGE_BUMP=(\S+)-1\/(\d+)/.exec(config) ?? [];
      const version = `${pkg.pkgver}-1${Number(bumped) === pkg.pkgver ? `.${count}` : ""}`;
      const installed: Record<string, string> = {};
      for (const name of pkg.uses) {
        const { pkgname, version: one } = this.libraries.get(name)!;
        installed[pkgname] = `${one}-1`;
      }
      for (const language of Object.keys(this.languages))
        installed[language] = `3.${this.languages[language as "python"]}.0-1`;
      pkg.linkedTo = this.#identities(pkg);
      const files = this.#filesOf(pkg);
      const file = writeLinkedPackage(join(this.#scratch.home, "built", `${pkgbase}-${version}`), {
        pkgname: pkgbase,
        version,
        depends: this.#dependsOf(pkg),
        installed,
        files,
      });
      this.built.push(pkgbase);
      return { pkgbase, pkgnames: [pkgbase], files: [file], madeFrom: madeFromCommit(version) };
    });
    for (const outcome of await publish(
      this.#scratch.repository,
      builds,
      new Date(Date.UTC(2026, 5, 1, this.#hour++)),
    )) {
      if (outcome.kind !== "published") throw new Error(JSON.stringify(outcome));
    }
  }

  #identities({ kind, uses }: Package): string[] {
    if (kind === "python" || kind === "perl" || kind === "ruby") return [`${kind}${this.languages[kind]}`];
    return uses.map((name) => identity(this.libraries.get(name)!));
  }

  #filesOf({ pkgbase, kind, uses }: Package): Record<string, Buffer | string> {
    const { python, perl, ruby } = this.languages;
    if (kind === "python")
      return { [`usr/lib/python3.${python}/site-packages/${pkgbase}/__init__.py`]: "x = 1\n" };
    if (kind === "perl") return { [`usr/lib/perl5/5.${perl}/vendor_perl/${pkgbase}.pm`]: "1;\n" };
    if (kind === "ruby") return { [`usr/lib/ruby/gems/3.${ruby}.0/gems/${pkgbase}.rb`]: "x = 1\n" };
    const paths = uses.map((name) => this.pathOf(name));
    if (kind === "library") {
      const path = this.pathOf(`lib${pkgbase}`);
      return {
        [`usr/lib/lib${pkgbase}.so.${this.libraries.get(`lib${pkgbase}`)!.soname}`]: readFileSync(path),
      };
    }
    const program = this.#compiler.program(
      uses.map((name) => `call_${name}`),
      paths,
      kind === "cpp",
    );
    return { [`usr/bin/${pkgbase}`]: readFileSync(program) };
  }

  /** The library as it is now, compiled. */
  pathOf(name: string): string {
    const library = this.libraries.get(name)!;
    const own = this.packages.get(library.pkgname);
    const key = `${identity(library)} ${own ? own.linkedTo.join() : ""}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const { soname, symbols } = library;
    const path = this.#compiler.library({
      soname: `${name}.so.${soname}`,
      functions: [`call_${name}`],
      calls: (own?.uses ?? []).map((one) => `call_${one}`),
      libraries: (own?.uses ?? []).map((one) => this.pathOf(one)),
      ...(symbols !== undefined && { symbolVersion: `V_${symbols}` }),
    });
    this.#paths.set(key, path);
    return path;
  }

  /** Something that a distribution, or an upstream of the workspace, does. */
  async move(): Promise<string> {
    const what = pick(
      ["soname", "soname", "renamed", "split", "release", "language", "own soname", "own symbols"],
      this.#random,
    );
    const dist = this.libraries.get(`libdist${Math.floor(this.#random() * 8)}`)!;
    dist.version++;
    if (what === "soname") dist.soname++;
    // Both provide the old name, so who needs the library has it still.
    if (what === "renamed" || what === "split")
      dist.pkgname = `${dist.pkgname.replace(/-renamed$/, "")}-renamed`;
    if (what === "language") this.languages[pick(["python", "perl", "ruby"] as const, this.#random)]++;
    if (what.startsWith("own")) {
      const library = this.libraries.get(`libown${Math.floor(this.#random() * 10)}`)!;
      library.version++;
      if (what === "own soname") library.soname++;
      else library.symbols!++;
      const pkg = this.packages.get(library.pkgname)!;
      pkg.pkgver++;
      this.#writeRecipe(library.pkgname);
      this.days.world.publishScheduled(`${library.pkgname} ${pkg.pkgver}`);
      await this.build(library.pkgname);
    }
    return what;
  }

  /** As the `.files` of the distribution says it. */
  gives() {
    const packages: Record<string, { version: string; gives: string[]; provides?: string[] }> = {};
    const add = (
      pkgname: string,
      version: string,
      paths: readonly string[],
      provides: readonly string[] = [],
    ): void => {
      packages[pkgname] = {
        version,
        gives: [...givenByFiles(paths, ["x86_64-64"])],
        provides: [...provides],
      };
    };
    add(
      "glibc",
      "2-1",
      Object.keys(this.distributionFiles()).filter((path) => /\/(?:libc|libm|ld-|libgcc|libstdc)/.test(path)),
    );
    for (const { name, pkgname, version, soname } of this.libraries.values()) {
      if (this.packages.has(pkgname)) continue;
      add(
        pkgname,
        `${version}-1`,
        [`usr/lib/${name}.so.${soname}`],
        pkgname.endsWith("-renamed") ? [pkgname.replace("-renamed", "")] : [],
      );
    }
    const { python, perl, ruby } = this.languages;
    add("python", `3.${python}.0-1`, [`usr/lib/python3.${python}/os.py`]);
    add("perl", `5.${perl}.0-1`, [`usr/lib/perl5/5.${perl}/core_perl/Config.pm`]);
    add("ruby", `3.${ruby}.0-1`, [`usr/lib/ruby/3.${ruby}.0/set.rb`]);
    const known = { url: "https://mirror.example.org/dist.db", read: "2026-06-01T00:00:00Z", packages };
    return [{ url: known.url, known, isNew: true }];
  }

  /** What clients have of the distribution, by path. */
  distributionFiles(): Record<string, Buffer> {
    const files = hostGlibc();
    for (const { name, pkgname, soname } of this.libraries.values()) {
      if (!this.packages.has(pkgname))
        files[`usr/lib/${name}.so.${soname}`] = readFileSync(this.pathOf(name));
    }
    return files;
  }

  /** Who is linked to what isn't there any more: by what this test knows, not by what is in the files. */
  broken(): string[] {
    return [...this.packages.values()]
      .filter((pkg) => this.#identities(pkg).join() !== pkg.linkedTo.join())
      .map(({ pkgbase }) => pkgbase)
      .toSorted();
  }

  async records() {
    return [...(await publishedNeeds(this.#scratch.repository)).values()];
  }
}

/** Whether a program starts where nothing is but what pacman installed and the distribution has. */
function starts(root: string, program: string): string {
  const { status, stderr } = spawnSync(
    "bwrap",
    ["--ro-bind", root, "/", "--unshare-all", `/usr/bin/${program}`],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? "" : `${program}: ${stderr}`;
}

describe.skipIf(missing.length > 0)(
  `a distribution that moves (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    let served: Served;
    let client: PacmanClient;
    const home = mkdtempSync(join(tmpdir(), "sluice-moving-"));
    beforeAll(async () => {
      scratch = await scratchRepository();
      await publish(scratch.repository, [], new Date("2026-01-01"));
      served = await serveRepositories(scratch.repository.root, { port: 0 });
      client = await pacmanClient("tiny", `${served.url}/$repo/$arch`);
      await client.trust(join(scratch.repository.root, "tiny/tiny.asc"));
    });
    afterAll(async () => {
      await client?.close();
      await served?.close();
      scratch?.close();
      rmSync(home, { recursive: true, force: true });
    });

    test(`breaks nothing for longer than a run, and nothing is rebuilt without need or twice (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const world = new MovingWorld(scratch, random);
      const { days } = world;
      expect(world.packages.size).toBe(40);
      days.world.publishScheduled();
      await world.build(...world.packages.keys());
      let records = await world.records();
      days.published = () => records;
      days.gives = () => world.gives();
      expect((await days.run()).plan.needs).toMatchObject({ bumps: [], broken: [] });

      for (let round = 0; round < budget(2, 30); round++) {
        world.built = [];
        const moves: string[] = [];
        for (let n = 1 + Math.floor(random() * 3); n > 0; n--) moves.push(await world.move());
        const upstream = new Set(world.built);
        const what = `round ${round}: ${moves.join(", ")}`;
        records = await world.records();
        const expected = world.broken();
        world.built = [];
        const { plan, outcome } = await days.run();
        const builds = outcome.schedule.builds;
        const told = plan.needs.broken.map(
          (one) =>
            `${one.pkgbase}: ${one.outcome}: ${one.lacks.map((lack) => `${lack.need} was ${lack.was}, is ${lack.successor?.need}`).join()}`,
        );
        expect(told, what).toEqual([]);
        expect(builds.map(({ pkgbase }) => pkgbase).toSorted(), what).toEqual(expected);
        expect(plan.needs.broken, what).toEqual([]);
        for (const { pkgbase, reason, needs } of builds) {
          expect(reason, what).toMatch(/^rebuild: .* is gone/);
          for (const need of needs) {
            const isLater = expected.includes(need) && !world.built.includes(need);
            expect(isLater, `${what}: ${pkgbase} before ${need}`).toBe(false);
          }
          await world.build(pkgbase);
        }
        records = await world.records();
        expect(world.broken(), `${what}, after ${[...upstream].join()}`).toEqual([]);
        expect((await days.run()).outcome.schedule.builds, what).toEqual([]);

        const { ok, output } = await client.pacman("-Sydd", ...world.packages.keys());
        expect({ ok, output }, what).toMatchObject({ ok: true });
        rmSync(join(home, "root"), { recursive: true, force: true });
        mkdirSync(join(home, "root/usr/lib"), { recursive: true });
        for (const name of ["lib", "lib64"]) symlinkSync("usr/lib", join(home, "root", name));
        execFileSync("cp", ["-r", join(client.root, "usr"), join(home, "root")]);
        for (const [path, content] of Object.entries(world.distributionFiles())) {
          mkdirSync(join(home, "root", dirname(path)), { recursive: true });
          writeFileSync(join(home, "root", path), content, { mode: 0o755 });
        }
        const failed = [...world.packages.values()]
          .filter(({ kind }) => kind === "program" || kind === "cpp")
          .map(({ pkgbase }) => starts(join(home, "root"), pkgbase));
        expect(failed.filter(Boolean), what).toEqual([]);
      }
    }, 3_600_000);
  },
);
