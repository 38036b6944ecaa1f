import { readFileSync } from "node:fs";
import { join } from "node:path";
import { givenByFiles } from "../../tools/binaries/files.ts";
import type { PackageRecord } from "../../tools/binaries/record.ts";
import { publish } from "../../tools/pkgrepo/publishing/publish.ts";
import { publishedNeeds } from "../../tools/pkgrepo/snapshot.ts";
import { keepSymbols, type GivesSighting, type KnownGives } from "../../tools/upstream/distribution/gives.ts";
import { readSymbols, type AskedLibraries } from "../../tools/upstream/distribution/symbols.ts";
import {
  Compiler,
  hostGlibc,
  writeLinkedPackage,
  writeDatabase,
  type LinkedPackage,
} from "./linked-packages.ts";
import { pick } from "./random.ts";
import { ScheduleDays } from "./schedule-days.ts";
import { madeFromCommit, type ScratchRepository } from "./scratch-repository.ts";
import { srcinfoText } from "./workspace.ts";

/** A library as it is now: of the distribution, or of the workspace. */
interface Library {
  readonly name: string;
  /** By which others depend on it. */
  readonly base: string;
  /** Which package has it: that one, another that provides its name, or one that it depends on. */
  form: "whole" | "renamed" | "split";
  version: number;
  soname: number;
  /** What its function is called by the version of its symbols; undefined: it has none. */
  symbols: number | undefined;
}

type Language = "python" | "perl" | "ruby" | "nodejs";

interface Package {
  readonly pkgbase: string;
  /** A foreign one was compiled on another distribution: it needs a symbol version that its library never had. */
  readonly kind: "library" | "program" | "cpp" | "foreign" | Language;
  readonly uses: readonly string[];
  pkgver: number;
  /** What it was linked to when it was built last. */
  linkedTo: readonly string[];
}

const url = "https://mirror.example.org/dist.db";
const dists = [...Array(8).keys()];
export const languages = ["python", "perl", "ruby", "nodejs"] as const;

/** By major version of Node.js. */
const abis = new Map([
  [20, 115],
  [22, 127],
  [24, 137],
]);

/** What a library is to those who are linked to it: they break where this changes. */
const identity = ({ name, soname, symbols }: Library): string => `${name}.so.${soname}@${symbols ?? ""}`;

const nameOf = ({ base, form }: Library): string =>
  ({ whole: base, renamed: `${base}-renamed`, split: `${base}-libs` })[form];

/** A workspace of small packages, and a distribution beside it that moves. */
export class MovingWorld {
  readonly days = new ScheduleDays();
  readonly libraries = new Map<string, Library>();
  readonly packages = new Map<string, Package>();
  readonly languages: Record<Language, number> = { python: 10, perl: 30, ruby: 30, nodejs: 20 };
  /** Where the distribution's packages and its database `dist.db` are. */
  readonly mirror: string;
  readonly #compiler: Compiler;
  readonly #scratch: ScratchRepository;
  readonly #random: () => number;
  readonly #paths = new Map<string, string>();
  #hour = 0;

  constructor(scratch: ScratchRepository, random: () => number) {
    this.#scratch = scratch;
    this.#random = random;
    this.mirror = join(scratch.home, "mirror");
    this.days.world.write(
      ".ci/config",
      `BUILD_REPO=tiny\nREPO_NAME=scratch\nGIT_AUTHOR_EMAIL=sluice@example.org\nCI_LIB_DB=${url}\n`,
    );
    this.#compiler = new Compiler(join(scratch.home, "compiled"));
    for (const n of dists) this.#library(`libdist${n}`, `dist${n}`, n % 2 === 0 ? 1 : undefined);
    for (let n = 0; n < 10; n++) this.#package(`own${n}`, "library", n);
    for (let n = 0; n < 18; n++) this.#package(`app${n}`, n % 3 === 0 ? "cpp" : "program", 10);
    for (const language of languages) {
      for (let n = 0; n < 4; n++) this.#package(`${language}-module${n}`, language, 0);
    }
    this.#library("libsteady", "steady", 1);
    this.#package("foreign", "foreign", 0);
    this.days.gives = (known) => [this.#gives(known)];
    this.days.symbols = (asked) => this.#symbols(asked);
  }

  #library(name: string, base: string, symbols?: number): void {
    this.libraries.set(name, { name, base, form: "whole", version: 1, soname: 1, symbols });
  }

  /** It uses libraries of the distribution, and of the first so many of the workspace. */
  #package(pkgbase: string, kind: Package["kind"], own: number): void {
    const candidates = dists.map((n) => `libdist${n}`);
    candidates.push(...[...Array(own).keys()].map((n) => `libown${n}`));
    const picked = isLanguage(kind) ? [] : [...new Set([0, 1, 2].map(() => pick(candidates, this.#random)))];
    const uses = kind === "foreign" ? ["libsteady"] : picked;
    if (kind === "library") this.#library(`lib${pkgbase}`, pkgbase, 1);
    this.packages.set(pkgbase, { pkgbase, kind, uses, pkgver: 1, linkedTo: [] });
    this.#writeRecipe(pkgbase);
  }

  #dependsOf({ kind, uses }: Package): string[] {
    return isLanguage(kind) ? [kind] : uses.map((name) => this.libraries.get(name)!.base);
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

  /** Compiles them one after the other against what there is then, and publishes them all. */
  async build(...pkgbases: readonly string[]): Promise<void> {
    const bumps = this.#bumps();
    const installed = Object.fromEntries(
      this.#distribution().map(({ pkgname, version }) => [pkgname, version]),
    );
    const builds = pkgbases.map((pkgbase) => {
      const pkg = this.packages.get(pkgbase)!;
      pkg.linkedTo = this.#identities(pkg);
      const file = writeLinkedPackage(join(this.#scratch.home, "built", String(this.#hour)), {
        pkgname: pkgbase,
        version: `${pkg.pkgver}-1${bumps.get(`${pkgbase} ${pkg.pkgver}`) ?? ""}`,
        depends: this.#dependsOf(pkg),
        installed,
        files: this.#filesOf(pkg),
      });
      return { pkgbase, pkgnames: [pkgbase], files: [file], madeFrom: madeFromCommit(file) };
    });
    const now = new Date(Date.UTC(2026, 5, 1, this.#hour++));
    for (const outcome of await publish(this.#scratch.repository, builds, now)) {
      if (outcome.kind !== "published") throw new Error(JSON.stringify(outcome));
    }
  }

  /** By `pkgbase pkgver`, what main's CI_PACKAGE_BUMP makes of pkgrel. */
  #bumps(): Map<string, string> {
    // The second pattern is found always: git fails where nothing is.
    const found = this.days.world.atOrigin("grep", "-e", "CI_PACKAGE_BUMP=", "-e", "BUILD_REPO=", "main");
    const lines = found.matchAll(/packages\/([^/]+)\/\.CI\/config:CI_PACKAGE_BUMP=(\d+)-1\/(\d+)$/gm);
    return new Map([...lines].map(([, pkgbase, pkgver, bump]) => [`${pkgbase} ${pkgver}`, `.${bump}`]));
  }

  #identities({ kind, uses }: Package): string[] {
    if (isLanguage(kind)) return [`${kind}${this.languages[kind]}`];
    return uses.map((name) => identity(this.libraries.get(name)!));
  }

  #filesOf({ pkgbase, kind, uses }: Package): Record<string, Buffer | string> {
    const { python, perl, ruby, nodejs } = this.languages;
    const paths = uses.map((name) => this.#pathOf(name));
    const calls = uses.map((name) => `call_${name}`);
    switch (kind) {
      case "python":
        return { [`usr/lib/python3.${python}/site-packages/${pkgbase}/__init__.py`]: "x = 1\n" };
      case "perl":
        return { [`usr/lib/perl5/5.${perl}/vendor_perl/${pkgbase}.pm`]: "1;\n" };
      case "ruby":
        return { [`usr/lib/ruby/gems/3.${ruby}.0/gems/${pkgbase}.rb`]: "x = 1\n" };
      case "nodejs": {
        const functions = [`node_register_module_v${abis.get(nodejs)}`];
        const addon = this.#compiler.library({ soname: "addon.node", functions });
        return { [`usr/lib/node_modules/${pkgbase}/addon.node`]: readFileSync(addon) };
      }
      case "library": {
        const library = this.libraries.get(`lib${pkgbase}`)!;
        return { [`usr/lib/${library.name}.so.${library.soname}`]: readFileSync(this.#pathOf(library.name)) };
      }
      case "foreign": {
        const soname = "libsteady.so.1";
        const theirs = this.#compiler.library({ soname, functions: calls, symbolVersion: "OTHERS_1" });
        return { [`usr/bin/${pkgbase}`]: readFileSync(this.#compiler.program(calls, [theirs])) };
      }
      default:
        return { [`usr/bin/${pkgbase}`]: readFileSync(this.#compiler.program(calls, paths, kind === "cpp")) };
    }
  }

  /** The library as it is now, compiled. */
  #pathOf(name: string): string {
    const library = this.libraries.get(name)!;
    const own = this.packages.get(library.base);
    const key = `${identity(library)} ${own ? own.linkedTo.join() : ""}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const { soname, symbols } = library;
    const path = this.#compiler.library({
      soname: `${name}.so.${soname}`,
      functions: [`call_${name}`],
      calls: (own?.uses ?? []).map((one) => `call_${one}`),
      libraries: (own?.uses ?? []).map((one) => this.#pathOf(one)),
      ...(symbols !== undefined && { symbolVersion: `V_${symbols}` }),
    });
    this.#paths.set(key, path);
    return path;
  }

  /** Something that a distribution, or an upstream of the workspace, does. */
  async move(): Promise<string> {
    const what = pick(
      ["soname", "soname", "symbols", "renamed", "split", "release", "language", "own soname", "own symbols"],
      this.#random,
    );
    const dist = this.libraries.get(`libdist${pick(dists, this.#random)}`)!;
    dist.version++;
    this.libraries.get("libsteady")!.version++;
    if (what === "soname") dist.soname++;
    if (what === "symbols" && dist.symbols !== undefined) dist.symbols++;
    if (what === "renamed" || what === "split") dist.form = what;
    if (what === "language") {
      const language = pick(languages, this.#random);
      if (language !== "nodejs") this.languages[language]++;
      else if (this.languages.nodejs < 24) this.languages.nodejs += 2;
    }
    if (!what.startsWith("own")) return `${what} of ${dist.name}`;
    const library = this.libraries.get(`libown${Math.floor(this.#random() * 10)}`)!;
    library.version++;
    if (what === "own soname") library.soname++;
    else library.symbols!++;
    const pkg = this.packages.get(library.base)!;
    pkg.pkgver++;
    this.#writeRecipe(library.base);
    this.days.world.publishScheduled(`${library.base} ${pkg.pkgver}`);
    await this.build(library.base);
    return `${what} of ${library.name}`;
  }

  #distribution(): LinkedPackage[] {
    const { python, perl, ruby, nodejs } = this.languages;
    const node = readFileSync(this.#compiler.loader(`node_register_module_v${abis.get(nodejs)}`));
    const packages: (Pick<LinkedPackage, "pkgname" | "version" | "files"> & Partial<LinkedPackage>)[] = [
      { pkgname: "glibc", version: "2-1", files: hostGlibc() },
      { pkgname: "python", version: `3.${python}.0-1`, files: { [`usr/lib/python3.${python}/os.py`]: "" } },
      {
        pkgname: "perl",
        version: `5.${perl}.0-1`,
        files: { [`usr/lib/perl5/5.${perl}/core_perl/Config.pm`]: "" },
      },
      { pkgname: "ruby", version: `3.${ruby}.0-1`, files: { [`usr/lib/ruby/3.${ruby}.0/set.rb`]: "" } },
      { pkgname: "nodejs", version: `${nodejs}.0.0-1`, files: { "usr/bin/node": node } },
    ];
    for (const library of this.libraries.values()) {
      const { name, base, form, soname } = library;
      if (this.packages.has(base)) continue;
      const version = `${library.version}-1`;
      const files = { [`usr/lib/${name}.so.${soname}`]: readFileSync(this.#pathOf(name)) };
      const provides = form === "renamed" ? [base] : [];
      packages.push({ pkgname: nameOf(library), version, files, provides });
      if (form === "split") packages.push({ pkgname: base, version, files: {}, depends: [nameOf(library)] });
    }
    return packages.map((pkg) => ({ depends: [], installed: {}, ...pkg }));
  }

  /** As the `.files` of the distribution says it. */
  #gives(known: readonly KnownGives[]): GivesSighting {
    const packages = Object.fromEntries(
      this.#distribution().map(({ pkgname, version, files, provides = [], depends }) => {
        const gives = [...givenByFiles(Object.keys(files), ["x86_64-64"])];
        if (pkgname === "nodejs") gives.push(`node:${abis.get(this.languages.nodejs)}`);
        return [
          pkgname,
          { version, file: `${pkgname}-${version}-x86_64.pkg.tar.zst`, gives, provides, depends },
        ];
      }),
    );
    const before = known.find((one) => one.url === url)?.packages;
    const kept = before ? keepSymbols(packages, before) : packages;
    return { url, known: { url, read: "2026-06-01T00:00:00Z", packages: kept }, isNew: true };
  }

  /** Fetches the distribution's packages for it, as a run does. */
  #symbols(asked: readonly AskedLibraries[]): ReturnType<typeof readSymbols> {
    this.writeMirror();
    const fetch = async (address: string) => {
      const body = readFileSync(
        join(this.mirror, decodeURIComponent(address.slice(address.lastIndexOf("/")))),
      );
      return { status: 200, headers: {}, url: address, body };
    };
    return readSymbols(asked, { fetch });
  }

  /** The distribution as its clients get it. */
  writeMirror(): void {
    writeDatabase(this.mirror, "dist", this.#distribution());
  }

  /** Who is linked to what isn't there any more: by what this test knows, not by what is in the files. */
  broken(): string[] {
    return [...this.packages.values()]
      .filter((pkg) => this.#identities(pkg).join() !== pkg.linkedTo.join())
      .map(({ pkgbase }) => pkgbase)
      .toSorted();
  }

  async records(): Promise<PackageRecord[]> {
    return [...(await publishedNeeds(this.#scratch.repository)).values()];
  }
}

function isLanguage(kind: Package["kind"]): kind is Language {
  return (languages as readonly string[]).includes(kind);
}
